import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OwnServer, queryOnce, startServer } from '../kit/index.ts'
import { runCli } from './run-cli.ts'

const VERIFIER = /SCRAM-SHA-256\$/u

let source: OwnServer
let target: OwnServer
beforeAll(async () => {
  source = await startServer({ major: 14 })
  target = await startServer({ major: 17 })
  const make = "create role app login password 'app''s pass'; create role readers; grant readers to app"
  await queryOnce(source.url(), make)
})
afterAll(async () => {
  await target[Symbol.asyncDispose]()
  await source[Symbol.asyncDispose]()
})

test('roles tells what is missing and exits with 6, makes it and exits with 0, and finds no difference then', async () => {
  const shown = await runCli(['roles', source.url(), target.url()])
  expect(shown).toMatchObject({ code: 6 })
  expect(shown.stdout).toContain('Roles: DIFFERENT')
  expect(shown.stdout).toContain(`CREATE ROLE "app" LOGIN PASSWORD '***';`)
  expect(shown.stdout).toContain('GRANT "readers" TO "app" WITH INHERIT TRUE;')

  const applied = await runCli(['roles', source.url(), target.url(), '--apply', '--json'])
  expect(applied).toMatchObject({ code: 0 })
  expect(applied.lines().at(-1)).toMatchObject({ type: 'result', command: 'roles', result: { verdict: 'SAME' } })

  const again = await runCli(['roles', source.url(), target.url()])
  expect(again).toMatchObject({ code: 0 })
  expect(again.stdout).toContain('Roles: SAME (the target has the roles of the source)')
  for (const { stdout, stderr } of [shown, applied, again]) expect(stdout + stderr).not.toMatch(VERIFIER)
})

test('roles --sql prints a script alone, with verifiers only where these are asked for', async () => {
  const plain = await runCli(['roles', source.url(), '--sql'])
  expect(plain.code).toBe(0)
  expect(plain.stdout).toMatch(/^-- Roles for PostgreSQL 14, written by pgleap/u)
  expect(plain.stdout).toContain('-- \\password "app"')
  expect(plain.stdout).not.toMatch(VERIFIER)
  const full = await runCli(['roles', source.url(), '--sql', '--with-verifiers'])
  expect(full.stdout).toMatch(VERIFIER)
})

test('roles exits with 7 where the target refuses something, and quotes it', async () => {
  await queryOnce(source.url(), 'create role picky')
  // As older versions leave behind what newer ones no longer take.
  await queryOnce(
    source.url(),
    `set allow_system_table_mods = on; insert into pg_db_role_setting values (0, 'picky'::regrole, '{"work_mem=not a number"}')`,
  )
  const run = await runCli(['roles', source.url(), target.url(), '--apply'])
  expect(run.code).toBe(7)
  expect(run.stdout).toContain('Refused by the target')
  expect(run.stdout).toContain('(22023)')
})

test('roles without a target has nothing to apply to', async () => {
  const run = await runCli(['roles', source.url(), '--apply'])
  expect(run.code).toBe(2)
  expect(run.stderr).toContain('usage.option')
})
