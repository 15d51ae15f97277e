import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshDatabase, startServer } from '../kit/index.ts'
import type { OwnServer } from '../kit/index.ts'
import { runCli } from './run-cli.ts'

// Characters that are escaped in URIs, in JSON, in HTML, in Markdown and in SQL: a form that slips by is seen.
const PASSWORD = `Zq"7<w>&'|%@:/pass\\word`
const FORMS = [PASSWORD, encodeURIComponent(PASSWORD), JSON.stringify(PASSWORD).slice(1, -1), 'pass\\word', 'Zq"7']

let server: OwnServer
let folder: string
beforeAll(async () => {
  server = await startServer({ major: 17, password: PASSWORD })
  folder = await mkdtemp(join(tmpdir(), 'pgleap-cli-'))
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

function expectNoSecret(where: string, text: string): void {
  expect(FORMS.filter((form) => text.includes(form)).map((form) => `${where}: ${form}`)).toEqual([])
}

test.each(['json', 'md', 'html'])('no output and no .%s report of a migration holds the password', async (ending) => {
  await using source = await freshDatabase(server)
  await using target = await freshDatabase(server)
  await source.query('create table t (id int primary key, note text)')
  await source.query("insert into t select n, 'row ' || n from generate_series(1, 100) n")
  const report = join(folder, `report.${ending}`)
  const json = ending === 'json' ? ['--json'] : []
  const run = await runCli(['migrate', source.url, target.url, '--report', report, ...json])
  expect(run.stderr).not.toContain('error')
  expect(run.code).toBe(0)
  expectNoSecret('stdout', run.stdout)
  expectNoSecret('stderr', run.stderr)
  expectNoSecret('report', await readFile(report, 'utf8'))
})

test('the ledger of a run with failures, its status and its report hold no password', async () => {
  await using source = await freshDatabase(server)
  await using target = await freshDatabase(server)
  await source.query('create table t (id int primary key)')
  await source.query('create function boom() returns int language sql immutable as $$ select 1 $$')
  await source.query('create table u (id int, check (boom() = 1))')
  await source.query('insert into u values (1)')
  await target.query('create table public.t (id int)')
  const run = await runCli(['migrate', source.url, target.url, '--into-non-empty', '--json'])
  expect(run.code).toBe(7)
  expectNoSecret('stdout', run.stdout)
  const ledger = await target.query<{ rows: string }>(
    "select query_to_xml('select * from pgleap.run', true, false, '')::text as rows",
  )
  expect(ledger[0]?.rows).toContain('<row')
  expectNoSecret('ledger', ledger[0]?.rows ?? '')
  const status = await runCli(['status', target.url])
  expect(status.code).toBe(0)
  expectNoSecret('status', status.stdout + status.stderr)
})

test('no report of a check holds the password, nor does the log of a server that tries to reach the other', async () => {
  await using source = await freshDatabase(server)
  await using target = await freshDatabase(server)
  const names = { sarif: join(folder, 'c.sarif'), junit: join(folder, 'c.xml'), 'fix-sql': join(folder, 'c.sql') }
  const files = Object.entries(names).flatMap(([option, name]) => [`--${option}`, name])
  const run = await runCli(['check', source.url, target.url, '--path', 'online', '--json', ...files])
  expect(run.lines()).toContainEqual(expect.objectContaining({ type: 'checked', id: 'C02', status: 'passed' }))
  expectNoSecret('stdout', run.stdout)
  expectNoSecret('stderr', run.stderr)
  for (const name of Object.values(names)) expectNoSecret(name, await readFile(name, 'utf8'))
  expect(server.log()).toContain('pgleap_check')
  expectNoSecret('log', server.log())
})

test.each([
  ['a wrong database', (url: string) => `${url}_gone`, 3],
  [
    'a wrong password',
    (url: string) => url.replace(encodeURIComponent(PASSWORD), `${encodeURIComponent(PASSWORD)}x`),
    3,
  ],
  ['a string that cannot be read', (url: string) => `${url}?%zz=1`, 2],
])('%s is told without the password', async (_, spoil, code) => {
  for (const json of [[], ['--json']]) {
    const run = await runCli(['plan', spoil(server.url('postgres')), server.url('postgres'), ...json])
    expect(run.code).toBe(code)
    expectNoSecret('output', run.stdout + run.stderr)
  }
})

test('a password in the environment stays there', async () => {
  const url = `postgres://postgres@${server.host}:${String(server.port)}/nothing_here`
  const run = await runCli(['status', url], { PGPASSWORD: PASSWORD })
  expect(run.code).toBe(4)
  expect(run.stderr).toContain('connect.no-database')
  expectNoSecret('output', run.stdout + run.stderr)
})
