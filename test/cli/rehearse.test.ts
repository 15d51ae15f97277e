import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freshDatabase, server } from '../kit/index.ts'
import { leftBehind } from '../rehearse/support.ts'
import { runCli, startCli } from './run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'pgleap-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('rehearse exits with 0 where everything arrives, and writes a prediction that migrate takes', async () => {
  const [older, newer] = [await server(14), await server(17)]
  await using source = await freshDatabase(older)
  await using target = await freshDatabase(newer)
  await source.query('create table t as select i as a from generate_series(1, 1000) i')
  const file = join(folder, 'p.json')
  const { code, stdout } = await runCli(['rehearse', source.url, newer.url(), '--sample', '50%', '--save', file])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^Rehearsal: ARRIVES/u)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 1, server: 'target', jobs: 4 })
  const real = await runCli(['migrate', source.url, target.url, '--prediction', file])
  expect(real.code).toBe(0)
  expect(real.stdout).toMatch(/expected .* that/u)
})

test('rehearse exits with 5 and says why where an object fails, as text and as JSON', async () => {
  await using source = await freshDatabase(await server(13))
  await source.query('create view public.old as select datlastsysoid from pg_database')
  const target = (await server(17)).url()
  const text = await runCli(['rehearse', source.url, target])
  expect(text.code).toBe(5)
  expect(text.stdout).toMatch(/^Rehearsal: FAILS/u)
  expect(text.stdout).toContain('column pg_database.datlastsysoid does not exist (SQLSTATE 42703)')
  expect(text.stderr).toContain('fails  view public.old')
  const json = await runCli(['rehearse', source.url, target, '--json'])
  expect(json.code).toBe(5)
  const lines = json.lines()
  expect(lines).toContainEqual(expect.objectContaining({ type: 'tried', object: 'view public.old', outcome: 'failed' }))
  expect(lines.at(-1)).toMatchObject({ type: 'result', command: 'rehearse', result: { verdict: 'FAILS' } })
})

test('Ctrl-C ends a rehearsal with 130, and leaves nothing behind', async () => {
  const target = await server(17)
  await using source = await freshDatabase(await server(14))
  // Is filled when the rest is there, for longer than anybody waits.
  await source.query(
    `create function wait() returns text language plpgsql as 'begin if (select count(*) from pg_catalog.pg_stat_activity where application_name = ''pgleap: rehearse'') > 0 then perform pg_catalog.pg_sleep(50); end if; return null; end'`,
  )
  await source.query('create materialized view slow as select public.wait()')
  const cli = startCli(['rehearse', source.url, target.url()])
  await cli.says('Making every object')
  cli.interrupt()
  const { code } = await cli.done
  expect(code).toBe(130)
  expect(await leftBehind(target)).toEqual([])
})

test.each([[['--to', '12']], [['--to', '17', '--sample', '0']], [['--to', '17', '--sample', '120%']], [[]]])(
  'rehearse with %j is refused as a mistake',
  async (options) => {
    const { code } = await runCli(['rehearse', (await server(14)).url(), ...options])
    expect(code).toBe(2)
  },
)
