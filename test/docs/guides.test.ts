import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Major, type Server, connectClient, imitate, queryOnce, startServer } from '../kit/index.ts'
import { run } from '../migrate/support.ts'

const GUIDES = join(import.meta.dirname, '../../docs/guides')
const BIN = join(import.meta.dirname, '../../bin/pgleap')

/** A server of a guide: `url` is the customer's connection string for a database. */
interface End extends AsyncDisposable {
  server: Server
  url: (database: string) => string
}

interface Situation {
  source: (major: Major) => Promise<End>
  target: (major: Major) => Promise<End>
  /** What the guide's variables stand for, from both ends. */
  variables: (source: End, target: End) => Record<string, string>
}

const oneDatabase: Situation['variables'] = (source, target) => ({ SRC: source.url('app'), DST: target.url('app') })

/** What each guide is about; a guide that is not in here fails. */
const SITUATIONS: Record<string, Situation> = {
  'self-managed': { source: own, target: own, variables: oneDatabase },
  crunchy: { source: own, target: own, variables: oneDatabase },
  'through-files': { source: own, target: own, variables: oneDatabase },
  pigsty: { source: own, target: own, variables: oneDatabase },
  aptible: { source: imitation('aptible'), target: imitation('aptible'), variables: inDb },
  'civo-14-to-17': {
    source: imitation('plain'),
    target: imitation('plain'),
    variables: (source, target) => ({ ...oneDatabase(source, target), ADMIN: 'plain_admin' }),
  },
  'azure-single-to-flexible': {
    source: imitation('azure-single'),
    target: imitation('azure-flexible'),
    variables: (source, target) => ({
      SRC: source.url('postgres'),
      APP: source.url('app'),
      DST: target.url('postgres'),
    }),
  },
}

async function own(major: Major): Promise<End> {
  const server = await startServer({ major })
  return { server, url: (database) => server.url(database), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

function imitation(provider: Parameters<typeof imitate>[0]): Situation['source'] {
  return async (major) => {
    const imitated = await imitate(provider, major)
    return {
      server: imitated.server,
      url: (database) => imitated.urlFor(database),
      [Symbol.asyncDispose]: () => imitated[Symbol.asyncDispose](),
    }
  }
}

function inDb(source: End, target: End): Record<string, string> {
  return { SRC: source.url('db'), DST: target.url('db') }
}

interface Command {
  line: string
  code: number
}

/** The commands of a guide in their order, with the exit code that it names; the lines that set its variables are ours. */
function commandsOf(guide: string, way: 'offline' | 'online'): { commands: Command[]; variables: string[] } {
  const blocks = guide.matchAll(way === 'offline' ? /^```sh\n(.*?)^```$/gmsu : /^```sh online\n(.*?)^```$/gmsu)
  const lines = [...blocks].flatMap(([, block = '']) => block.trimEnd().split('\n'))
  const assignments = lines.flatMap((line) => /^([A-Z_]+)=/u.exec(line)?.[1] ?? [])
  const commands = lines
    .filter((line) => !/^[A-Z_]+=/u.test(line))
    .map((line) => ({ line, code: Number(/# exit (\d+)/u.exec(line)?.[1] ?? 0) }))
  return { commands, variables: assignments }
}

function shell(line: string, cwd: string, variables: Record<string, string>): Promise<{ code: number; said: string }> {
  const { PATH = '' } = process.env
  const env = { ...variables, PATH, HOME: '/nonexistent', NODE: process.execPath, BIN }
  return new Promise((resolve) => {
    const child = execFile('sh', ['-euc', `pgleap() { "$NODE" "$BIN" "$@"; }\n${line}`], { cwd, env }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, said: out + err }),
    )
  })
}

/** A database with an owner of its own, made by the customer. */
async function fill(source: End, database: string): Promise<void> {
  const admin = source.url('postgres')
  await queryOnce(admin, "create role app_owner login password 'Sup3rSecret'")
  await queryOnce(admin, 'grant app_owner to current_user')
  if (database !== 'db') await queryOnce(admin, `create database ${database} owner app_owner`)
  await run(
    source.url(database),
    `create table t (id int primary key, note text not null);
     insert into t select n, 'row ' || n from generate_series(1, 500) n;
     create view v as select count(*) as count from t;
     alter table t owner to app_owner;
     grant select on v to app_owner`,
  )
}

/** The task file that a guide shows, for the servers of the test. */
async function writeTask(guide: string, folder: string, { source, target }: { source: End; target: End }) {
  const [, task] = /^```yaml\n(.*?)^```$/msu.exec(guide) ?? []
  if (task === undefined) return
  const ports = `src_port: ${String(source.server.port)}\ndst_port: ${String(target.server.port)}\n`
  await writeFile(join(folder, 'pg-meta.yml'), task.replaceAll(/10\.10\.10\.1\d/gu, '127.0.0.1') + ports)
}

const files = (await readdir(GUIDES)).filter((name) => name.endsWith('.md'))

test('every guide has a situation, and every situation a guide', () => {
  expect(files.map((name) => name.slice(0, -'.md'.length)).toSorted()).toEqual(Object.keys(SITUATIONS).toSorted())
})

const TIMEOUT_MS = 300_000

test.each(Object.entries(SITUATIONS))(
  'the guide %s can be followed, command by command',
  async (name, situation) => {
    expect(await follow(name, situation, 'offline')).toEqual([{ count: '500' }])
  },
  TIMEOUT_MS,
)

test.each(['self-managed'])(
  'the guide %s can be followed online',
  async (name) => {
    const situation = SITUATIONS[name]
    if (situation === undefined) throw new Error(`no situation ${name}`)
    expect(await follow(name, situation, 'online')).toEqual([{ count: '500' }])
  },
  TIMEOUT_MS,
)

/** Does what the guide says, and returns what the source's view then says on the target. */
async function follow(name: string, situation: Situation, way: 'offline' | 'online'): Promise<object[]> {
  const guide = await readFile(join(GUIDES, `${name}.md`), 'utf8')
  const folder = await mkdtemp(join(tmpdir(), 'pgleap-guide-'))
  try {
    await using source = await situation.source(14)
    await using target = await situation.target(17)
    const variables = situation.variables(source, target)
    const database = name === 'aptible' ? 'db' : 'app'
    await fill(source, database)
    const whole = name === 'azure-single-to-flexible'
    if (!whole && database === 'app') await queryOnce(target.url('postgres'), 'create database app')
    await writeTask(guide, folder, { source, target })
    // Set once, at the top, for all that follows.
    expect(commandsOf(guide, 'offline').variables.toSorted()).toEqual(Object.keys(variables).toSorted())
    const { commands } = commandsOf(guide, way)
    expect(commands.length).toBeGreaterThan(4)
    for (const { line, code } of commands) {
      const done = await shell(line, folder, variables)
      expect(done.code, `${line}\n${done.said}`).toBe(code)
    }
    await using client = await connectClient(target.url(database))
    const { rows } = await client.query<{ count: string }>('select count from v')
    return rows
  } finally {
    await rm(folder, { recursive: true })
  }
}
