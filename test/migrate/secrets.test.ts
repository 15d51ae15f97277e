import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseConnection } from '../../src/connection/index.ts'
import type { Event } from '../../src/index.ts'
import { migrate, plan, resume, status, verify } from '../../src/index.ts'
import { runCli } from '../cli/run-cli.ts'
import { type FreshDatabase, type OwnServer, connectClient, freshDatabase, startServer } from '../kit/index.ts'
import { run } from './support.ts'

const PASSWORD = `S3cret'"<&@:/\\ word`
/** As it may be written down: plain, in a URI, in JSON, in HTML, in an SQL literal. */
const FORMS = [
  PASSWORD,
  encodeURIComponent(PASSWORD),
  JSON.stringify(PASSWORD).slice(1, -1),
  PASSWORD.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
  PASSWORD.replaceAll("'", "''"),
  'S3cret',
]
/** One that the source's own objects hold: it has to travel, but not into what people read, nor into the ledger. */
const MAPPING = 'm4pping-pass'

let old: OwnServer
let young: OwnServer
let folder: string
beforeAll(async () => {
  old = await startServer({ major: 14, password: PASSWORD })
  young = await startServer({ major: 17, password: PASSWORD })
  folder = await mkdtemp(join(tmpdir(), 'pgleap-secrets-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await young[Symbol.asyncDispose]()
  await old[Symbol.asyncDispose]()
})

function expectNoSecret(where: string, text: string, forms: readonly string[] = [...FORMS, MAPPING]): void {
  expect(text.length, where).toBeGreaterThan(0)
  expect(forms.filter((form) => text.includes(form)).map((form) => `${where}: ${form}`)).toEqual([])
}

/** A database with a subscription cannot be dropped. */
function droppable(database: FreshDatabase): FreshDatabase {
  return {
    ...database,
    async [Symbol.asyncDispose]() {
      const found = await database.query<{ name: string }>(
        'select quote_ident(subname) as name from pg_subscription where subdbid = (select oid from pg_database where datname = current_database())',
      )
      for (const { name } of found) {
        await database.query(`alter subscription ${name} set (slot_name = none)`)
        await database.query(`drop subscription ${name}`)
      }
      await database[Symbol.asyncDispose]()
    },
  }
}

async function loadSource(): Promise<FreshDatabase> {
  const source = droppable(await freshDatabase(old))
  await run(
    source.url,
    `create table t (id int primary key, note text); insert into t select i, 'row ' || i from generate_series(1, 100) i;
     create table taken (id int); create foreign data wrapper w; create server far foreign data wrapper w options (password '${MAPPING}');
     create user mapping for current_user server far options (user 'u', password '${MAPPING}');
     create foreign table away (id int) server far options (program 'curl -u u:${MAPPING}');
     create subscription s connection 'host=far password=${MAPPING}' publication p with (connect = false);
     create function peek() returns text language sql as $$ select 'password=${MAPPING}' $$;
     create view seen as select 'password=${MAPPING}' as connection;
     comment on table t is 'ask for ${MAPPING}'`,
  )
  const { database } = parseConnection(source.url)
  // No module is loaded that would know these names, so their values are taken as they are.
  await run(source.url, `alter database "${database}" set app.jwt_secret = '${MAPPING}'`)
  await run(source.url, `alter database "${database}" set plpgsql.extra_warnings = '${MAPPING}'`)
  return source
}

/** Every row of every table of the ledger, as text. */
async function ledgerOf(target: FreshDatabase): Promise<string> {
  await using client = await connectClient(target.url)
  const { rows } = await client.query<{ name: string }>(
    `select format('pgleap.%I', relname) as name from pg_class where relnamespace = 'pgleap'::regnamespace and relkind = 'r'`,
  )
  expect(rows.length).toBeGreaterThanOrEqual(5)
  const texts: string[] = []
  for (const { name } of rows)
    texts.push(
      ...(await client.query<{ row: string }>(`select x::text as row from ${name} x`)).rows.map(({ row }) => row),
    )
  return texts.join('\n')
}

test('no event, result or ledger of the library holds a password, whatever goes wrong', async () => {
  await using source = await loadSource()
  await using target = droppable(await freshDatabase(young))
  // These names are taken: steps fail, and the ledger stays.
  await run(
    target.url,
    'create table taken (mine int); create foreign data wrapper w; create server far foreign data wrapper w',
  )
  await run(target.url, 'create user mapping for current_user server far')
  const events: Event[] = []
  const ends = { source: source.url, target: target.url, onEvent: (event: Event) => events.push(event) }
  const results: unknown[] = [await plan(ends), await migrate({ ...ends, nonEmptyTarget: 'add' })]
  expectNoSecret('ledger', await ledgerOf(target))
  results.push(await status({ target: target.url }), await resume(ends), await verify(ends))
  expectNoSecret('ledger after resume', await ledgerOf(target))
  expectNoSecret('results', JSON.stringify(results))
  expectNoSecret('events', JSON.stringify(events))
  expect(JSON.stringify(results)).toContain('"42710"')
})

test("a run that was cut in the middle leaves nobody's password behind, and takes them from the source when it goes on", async () => {
  await using source = await loadSource()
  await using target = droppable(await freshDatabase(young))
  const stop = new AbortController()
  const events: Event[] = []
  const onEvent = (event: Event) => {
    events.push(event)
    // Every object that comes after the rows is still to be made.
    if (event.type === 'step-started' && event.step.kind === 'copy') stop.abort()
  }
  const ends = { source: source.url, target: target.url, jobs: 1, onEvent }
  await expect(migrate({ ...ends, signal: stop.signal })).rejects.toMatchObject({ code: 'run.interrupted' })
  expectNoSecret('ledger', await ledgerOf(target))
  await run(
    target.url,
    'drop view seen; delete from pgleap.done where step in (select id from pgleap.step where label ~ $$seen$$)',
  )

  const report = await resume(ends)
  expect(report.failures).toEqual([])
  expect(report.verdict).toBe('SAME')
  const passwords = `select array[
      (select array_to_string(umoptions, ',') from pg_user_mappings), (select subconninfo from pg_subscription),
      (select connection from seen), peek(), current_setting('app.jwt_secret')] as found`
  await using there = await connectClient(target.url)
  const { rows } = await there.query<{ found: string[] }>(passwords)
  expect(rows[0]?.found.filter((text) => text.includes(MAPPING))).toHaveLength(5)
  expectNoSecret('report', JSON.stringify(report))
  expectNoSecret('events', JSON.stringify(events))
})

test('what a server quotes of a secret is told by its SQLSTATE alone', async () => {
  await using source = await loadSource()
  await using target = droppable(await freshDatabase(young))
  // A server that knows the setting refuses its value, and quotes it.
  const { database } = parseConnection(target.url)
  await run(target.url, `alter database "${database}" set session_preload_libraries = 'plpgsql'`)
  const events: Event[] = []
  const ends = { source: source.url, target: target.url, onEvent: (event: Event) => events.push(event) }
  const report = await migrate(ends)
  expect(report.failures).toMatchObject([
    {
      label: `ALTER DATABASE "${database}" SET plpgsql.extra_warnings`,
      sqlstate: '22023',
      message: expect.stringMatching(/not shown/),
    },
  ])
  expectNoSecret('ledger', await ledgerOf(target))
  expectNoSecret('report', JSON.stringify(report))
  expectNoSecret('events', JSON.stringify(events))
})

test('a definition that the source has no more is one failure that names it', async () => {
  await using source = await loadSource()
  await using target = droppable(await freshDatabase(young))
  await run(target.url, 'create view seen as select 1 as one')
  const ends = { source: source.url, target: target.url }
  const first = await migrate({ ...ends, nonEmptyTarget: 'add' })
  expect(first.failures).toMatchObject([{ label: 'VIEW public.seen', sqlstate: '42P07' }])
  await run(source.url, 'drop view seen')
  await run(target.url, 'drop view seen')
  const second = await resume({ ...ends, newSnapshot: 'allow' })
  expect(second.failures).toMatchObject([{ label: 'VIEW public.seen', code: 'source.definition-gone' }])
})

test('no output and no report of a command holds a password', async () => {
  await using source = await loadSource()
  await using target = droppable(await freshDatabase(young))
  await run(target.url, 'create table taken (mine int)')
  const commands: string[][] = [
    ['plan', source.url, target.url],
    ['migrate', source.url, target.url, '--into-non-empty', '--report', join(folder, 'a.html')],
    ['status', target.url],
    ['resume', target.url, '--source', source.url, '--json', '--report', join(folder, 'a.json')],
    ['resume', target.url, '--report', join(folder, 'a.md')],
    ['verify', source.url, target.url, '--json'],
    ['migrate', source.url, target.url, '--exclude', 't'],
    ['migrate', `${source.url}?password=${encodeURIComponent(PASSWORD)}x`, target.url],
    [
      'migrate',
      `host=${old.host} port=${String(old.port)} password='${PASSWORD.replaceAll(/['\\]/g, '\\$&')}`,
      target.url,
    ],
    ['migrate', source.url, `${target.url}_gone`, '--json'],
    ['verify', `${source.url}?sslmode=require`, target.url],
    ['resume', target.url, '--source', source.url.replace(':14', ':')],
  ]
  for (const command of commands) {
    const { stdout, stderr, code } = await runCli(command, { PGPASSWORD: PASSWORD })
    expectNoSecret(`${command[0] ?? ''} ended with ${String(code)}`, stdout + stderr)
  }
  for (const ending of ['html', 'json', 'md'])
    expectNoSecret(ending, await readFile(join(folder, `a.${ending}`), 'utf8'))
  expectNoSecret('ledger', await ledgerOf(target))
})

test('no log of a server holds a password, as far as we send statements', () => {
  for (const server of [old, young]) expectNoSecret('log', server.log(), FORMS)
})
