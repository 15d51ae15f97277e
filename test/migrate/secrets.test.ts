import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
/** One that the source's own objects hold: it has to travel, but not into what people read. */
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

async function loadSource(): Promise<FreshDatabase> {
  const source = await freshDatabase(old)
  await run(
    source.url,
    `create table t (id int primary key, note text); insert into t select i, 'row ' || i from generate_series(1, 100) i;
     create table taken (id int); create foreign data wrapper w; create server far foreign data wrapper w options (password '${MAPPING}');
     create user mapping for current_user server far options (user 'u', password '${MAPPING}')`,
  )
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
  await using target = await freshDatabase(young)
  // These names are taken: steps fail, and the ledger stays.
  await run(
    target.url,
    'create table taken (mine int); create foreign data wrapper w; create server far foreign data wrapper w',
  )
  await run(target.url, 'create user mapping for current_user server far')
  const events: Event[] = []
  const ends = { source: source.url, target: target.url, onEvent: (event: Event) => events.push(event) }
  const results: unknown[] = [await plan(ends), await migrate({ ...ends, nonEmptyTarget: 'add' })]
  expectNoSecret('ledger', await ledgerOf(target), FORMS)
  results.push(await status({ target: target.url }), await resume(ends), await verify(ends))
  expectNoSecret('ledger after resume', await ledgerOf(target), FORMS)
  expectNoSecret('results', JSON.stringify(results))
  expectNoSecret('events', JSON.stringify(events))
  expect(JSON.stringify(results)).toContain('"42710"')
})

test('no output and no report of a command holds a password', async () => {
  await using source = await loadSource()
  await using target = await freshDatabase(young)
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
  expectNoSecret('ledger', await ledgerOf(target), FORMS)
})

test('no log of a server holds a password, as far as we send statements', () => {
  for (const server of [old, young]) expectNoSecret('log', server.log(), FORMS)
})
