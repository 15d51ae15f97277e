import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { databaseNamed, freshDatabase, queryOnce, server, type FreshDatabase } from '../kit/index.ts'
import { runCli } from './run-cli.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pgleap-cli-files-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function filled(): Promise<FreshDatabase> {
  const database = await freshDatabase(await server(14))
  await database.query("create table orders as select n as id, 'order ' || n as note from generate_series(1, 500) n")
  return database
}

test('a database goes through files and is compared without its source', async () => {
  await using source = await filled()
  await using target = await freshDatabase(await server(17))
  const path = join(folder, 'app.dump')
  const dumped = await runCli(['dump', source.url, path, '--compress', 'zstd'])
  expect(dumped).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Dumped\n/u) })
  const listed = await runCli(['list', path])
  expect(listed.stdout).toMatch(/TABLE DATA +public +orders/u)
  const restored = await runCli(['restore', path, target.url])
  expect(restored).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Verdict: SAME \(the target holds/u) })
  await target.query('delete from orders where id = 7')
  const verified = await runCli(['verify', path, target.url])
  expect(verified.code).toBe(6)
  expect(verified.stdout).toMatch(/^Verdict: DIFFERENT/u)
  expect(verified.stdout).toContain('public.orders')
})

test('a dump to standard output is a script, and a script is restored from standard input or a file', async () => {
  await using source = await filled()
  await using target = await freshDatabase(await server(17))
  const dumped = await runCli(['dump', source.url, '-'])
  expect(dumped.code).toBe(0)
  const path = join(folder, 'app.sql')
  await writeFile(path, dumped.stdout)
  const restored = await runCli(['restore', path, target.url])
  expect(restored.code, restored.stderr).toBe(0)
  expect(restored.stdout).toMatch(/^Restored/u)
  expect(await target.query('select count(*)::int from orders')).toEqual([{ count: 500 }])
})

test('convert writes another format and leaves the first as it is', async () => {
  await using source = await filled()
  await using target = await freshDatabase(await server(17))
  const [from, to] = [join(folder, 'one.custom'), join(folder, 'two')]
  await runCli(['dump', source.url, from, '--format', 'custom'])
  const converted = await runCli(['convert', from, to, '--format', 'directory', '--compress', 'lz4'])
  expect(converted.code, converted.stderr).toBe(0)
  expect((await readdir(to)).some((name) => name.endsWith('.dat.lz4'))).toBe(true)
  const restored = await runCli(['restore', to, target.url])
  // Nobody has said what the contents of this archive should be.
  expect(restored).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Verdict: UNKNOWN/u) })
  expect(await target.query('select count(*)::int from orders')).toEqual([{ count: 500 }])
})

const PATIENT = { timeout: 120_000 }
test('a whole server goes through a folder, by the option that the refusal without it names', PATIENT, async () => {
  await using source = await filled()
  const name = new URL(source.url).pathname.slice(1)
  const to = await server(17)
  const path = join(folder, 'server')
  const dumped = await runCli(['dump', '--all-databases', source.url, path, '--include-database', name])
  expect(dumped.code, dumped.stderr).toBe(0)
  const without = await runCli(['restore', path, to.url()])
  expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('usage.whole-server') })
  expect(without.stderr).toContain('--all-databases')
  const restore = ['restore', '--all-databases', path, to.url()]
  const refused = await runCli([...restore, '--create', '--into-non-empty', '--include', 'orders', '--stop-on-error'])
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain(
    '--create, --into-non-empty, --include, --stop-on-error have no meaning for a whole server',
  )
  const foreign = await runCli(['restore', join(path, 'databases', name), to.url(), '--databases-at-once', '2'])
  expect(foreign.stderr).toContain('--databases-at-once has no meaning for an archive')

  await using _made = databaseNamed(to, name)
  const restored = await runCli([...restore, '--jobs', '2'])
  expect(restored.code, restored.stderr).toBe(0)
  expect(restored.stdout).toMatch(/^Verdict: SAME \(folder and target hold the same: roles and 1 database compared\)/u)
  expect(restored.stdout).toContain(`folder   ${path}`)
  expect(await queryOnce(to.url(name), 'select count(*)::int from orders')).toEqual([{ count: 500 }])
  const again = await runCli([...restore, '--json'])
  expect(again).toMatchObject({ code: 4, stdout: expect.stringContaining('target.databases-not-empty') })
})

test('options that have no meaning for what is restored are refused, and what cannot be read is named', async () => {
  await using target = await freshDatabase(await server(17))
  const path = join(folder, 'empty.sql')
  await writeFile(path, 'select 1;\n')
  const refused = await runCli(['restore', path, target.url, '--include', 'orders'])
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('--include has no meaning for a script')
  const missing = await runCli(['restore', join(folder, 'nowhere'), target.url])
  expect(missing.code).toBe(2)
  expect(missing.stderr).toContain('archive.unreadable')
})
