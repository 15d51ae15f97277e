import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { check } from '../../src/index.ts'
import { freshDatabase, freshRole, server } from '../kit/index.ts'
import { runCli } from './run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'pgleap-check-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string) => join(folder, name)

test('check exits with 5 and says why where something blocks, and writes what it is asked to', async () => {
  await using older = await freshDatabase(await server(14))
  await using newer = await freshDatabase(await server(17))
  const files = ['--sarif', file('c.sarif'), '--junit', file('c.xml'), '--fix-sql', file('c.sql')]
  const { code, stdout } = await runCli(['check', newer.url, older.url, ...files])
  expect(code).toBe(5)
  expect(stdout).toMatch(/^Check: BLOCKED/u)
  expect(stdout).toContain('C08  The target is as new as the source')
  const sarif: unknown = JSON.parse(readFileSync(file('c.sarif'), 'utf8'))
  expect(sarif).toMatchObject({
    version: '2.1.0',
    runs: [{ results: expect.arrayContaining([expect.objectContaining({ ruleId: 'C08' })]) }],
  })
  expect(readFileSync(file('c.xml'), 'utf8')).toMatch(/<testcase classname="pgleap.C08".*>\s*<failure/u)
  expect(readFileSync(file('c.sql'), 'utf8')).toContain(String.raw`\set ON_ERROR_STOP on`)
})

test('check exits with 0 where nothing blocks; - prints in place of the text, and --json prints events and the report', async () => {
  await using source = await freshDatabase(await server(14))
  writeFileSync(file('w.yml'), '[]')
  const printed = await runCli(['check', source.url, '--to', '17', '--sarif', '-', '--waivers', file('w.yml')])
  expect(printed.code).toBe(0)
  expect(JSON.parse(printed.stdout)).toMatchObject({ version: '2.1.0' })
  const json = await runCli(['check', source.url, '--path', 'offline', '--path', 'roles', '--json'])
  const events = json.lines()
  expect(events.filter(({ type }) => type === 'checked').length).toBeGreaterThan(10)
  expect(events.at(-1)).toMatchObject({
    type: 'result',
    command: 'check',
    result: { verdict: 'READY', paths: ['offline', 'roles'] },
  })
  const both = await runCli(['check', source.url, '--json', '--junit', '-'])
  expect(both.code).toBe(2)
})

test('check exits with 7 where what may block could not be seen, and with 4 where a server is away', async () => {
  const pg = await server(17)
  await using role = await freshRole(pg)
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(pg)
  // What else that user may not do blocks, and is left out: a subscription is what cannot be tried.
  const report = await check({ source: source.url, target: target.urlFor(role.name), paths: ['online'] })
  const others = report.results.filter(({ id, status }) => id !== 'C02' && (status === 'found' || status === 'unknown'))
  const skip = others.flatMap(({ id }) => ['--skip', id])
  const blind = await runCli(['check', source.url, target.urlFor(role.name), '--path', 'online', ...skip])
  expect(blind.code).toBe(7)
  expect(blind.stdout).toMatch(/^Check: UNKNOWN/u)
  expect(blind.stdout).toContain('Could not look; this is not passed')
  const away = await runCli(['check', source.url, 'postgres://127.0.0.1:1/x'])
  expect(away.code).toBe(4)
  expect(away.stderr).toContain('connect.refused')
})
