import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Event, ServerReport } from '../../src/index.ts'
import { connectClient, queryOnce, type Server } from '../kit/index.ts'

/** Runs statements one by one as the superuser, in one database. */
export async function run(server: Server, database: string, ...statements: readonly string[]): Promise<void> {
  await using client = await connectClient(server.url(database))
  for (const statement of statements) await client.query(statement)
}

/** Names of the databases that are no templates. */
export async function databasesOf(server: Server): Promise<string[]> {
  const rows = await queryOnce<{ name: string }>(
    server.url(),
    'select datname as name from pg_database where not datistemplate order by 1',
  )
  return rows.map(({ name }) => name)
}

/** What the catalogs say of these databases. */
export async function propertiesOf(server: Pick<Server, 'url'>, names: readonly string[]): Promise<unknown[]> {
  return queryOnce(
    server.url(),
    `select d.datname, pg_get_userbyid(datdba) as owner, encoding, datcollate, datctype, datconnlimit,
       shobj_description(d.oid, 'pg_database') as comment,
       (select array_agg(s.setrole::regrole || ': ' || s.setconfig::text order by s.setrole::regrole::text) from pg_db_role_setting s where s.setdatabase = d.oid) as settings,
       (select array_agg(a::text order by a::text) from unnest(d.datacl) a) as grants
     from pg_database d where datname = any ($1) order by 1`,
    [names],
  )
}

/** A little schema of role `app`, which `readers` may read. */
export const SALES = [
  'set role app',
  'create schema sales',
  'create table sales.orders (id serial primary key, total numeric)',
  'insert into sales.orders (total) select i from generate_series(1, 1000) i',
  'create table sales.lines (id int primary key, of_order int references sales.orders)',
  'insert into sales.lines select i, i from generate_series(1, 500) i',
  'grant select on sales.orders to readers',
]

const BIN = join(import.meta.dirname, '../../bin/pgleap')

export interface CliEnd {
  /** Its exit code, or the signal that ended it. */
  code: number | string
  result: ServerReport | undefined
  error: { code: string; message: string } | undefined
  stderr: string
}

/** Runs the built command line with `--json`; `onEvent` sees each event as soon as it is printed, and may kill it. */
export async function pgleap(
  args: readonly string[],
  onEvent: (event: Event, child: ChildProcess) => void = () => {},
): Promise<CliEnd> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [BIN, ...args, '--json'], {
    env: { PATH, HOME: '/nonexistent' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // A run that hangs must not outlive its test file.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const end: Omit<CliEnd, 'code'> = { result: undefined, error: undefined, stderr: '' }
  let rest = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (end.stderr += text))
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const value: Event | { type: 'result'; result: ServerReport } | { type: 'error'; code: string; message: string } =
        JSON.parse(line)
      if (value.type === 'result') end.result = value.result
      else if (value.type === 'error') end.error = value
      else onEvent(value, child)
    }
  })
  const [code, signal]: unknown[] = await once(child, 'close')
  process.off('exit', kill)
  return { ...end, code: typeof code === 'number' ? code : String(signal) }
}
