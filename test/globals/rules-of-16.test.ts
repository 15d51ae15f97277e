import { afterAll, beforeAll, expect, test } from 'vitest'
import { roles } from '../../src/index.ts'
import { type OwnServer, psqlLike, queryOnce } from '../kit/index.ts'
import { rolesServer, run } from './many-roles.ts'

let source: OwnServer
let target: OwnServer
beforeAll(async () => {
  source = await rolesServer(16)
  target = await rolesServer(18)
  await run(
    source,
    'create role boss createrole login',
    'create role team',
    'create role dev',
    'create role intern noinherit',
    'grant team to boss with admin true, inherit false, set false',
    'grant team to dev with admin true, inherit true granted by boss',
    'grant team to dev with set false',
    'grant team to intern with inherit true, set false granted by dev',
    'grant set on parameter log_statement to dev',
    'grant set, alter system on parameter work_mem to boss with grant option',
    'grant set on parameter my.parameter to public',
    'create database shop',
    'alter role dev in database shop set work_mem = 99',
    'set allow_in_place_tablespaces = on',
    "create tablespace slow location ''",
    'create database archive tablespace slow',
  )
})
afterAll(async () => {
  await target[Symbol.asyncDispose]()
  await source[Symbol.asyncDispose]()
})

async function catalogOf(server: OwnServer): Promise<unknown> {
  return queryOnce(
    server.url(),
    `select r.rolname as role, m.rolname as member, g.rolname as grantor, admin_option, inherit_option, set_option
       from pg_auth_members a join pg_roles r on r.oid = a.roleid join pg_roles m on m.oid = a.member join pg_roles g on g.oid = a.grantor
      where m.rolname !~ '^pg_' order by 1, 2, 3`,
  )
}

async function parametersOf(server: OwnServer): Promise<unknown> {
  return queryOnce(server.url(), 'select parname, paracl::text from pg_parameter_acl order by 1')
}

test('memberships keep their grantors and options, and parameters those who may set them', async () => {
  const report = await roles({ source: source.url(), target: target.url(), apply: 'apply' })
  expect(report).toMatchObject({ verdict: 'SAME', refused: [], differences: [] })
  expect(await catalogOf(target)).toEqual(await catalogOf(source))
  expect(await parametersOf(target)).toEqual(await parametersOf(source))
  expect(report.leftOut.map(({ object, reason }) => `${object}: ${reason}`)).toEqual([
    'work_mem of dev in database shop: database-missing',
  ])
  expect(report.tablespaces).toEqual([{ name: 'slow', databases: ['archive'], target: undefined, how: 'default' }])
})

test('a setting in a database comes once the database is there', async () => {
  await run(target, 'create database shop')
  const report = await roles({ source: source.url(), target: target.url(), apply: 'apply' })
  expect(report.changes.map(({ sql }) => sql)).toEqual([`ALTER ROLE "dev" IN DATABASE "shop" SET "work_mem" TO '99'`])
  expect(report).toMatchObject({ verdict: 'SAME', leftOut: [] })
})

test('the script for an empty server makes the same roles', async () => {
  await using empty = await rolesServer(17)
  const { script, target: none, verdict } = await roles({ source: source.url(), sql: 'script' })
  expect({ none, verdict }).toEqual({ none: undefined, verdict: 'SKIPPED' })
  // psql's own commands are for psql.
  const statements = (script ?? '').split('\n').filter((line) => !line.startsWith('\\'))
  await psqlLike(empty.url(), statements.join('\n'))
  expect(await catalogOf(empty)).toEqual(await catalogOf(source))
  expect(await parametersOf(empty)).toEqual(await parametersOf(source))
})

test('an interrupted run changes nothing', async () => {
  await using empty = await rolesServer(18)
  const controller = new AbortController()
  const failure = roles({
    source: source.url(),
    target: empty.url(),
    apply: 'apply',
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === 'phase' && event.phase === 'run') controller.abort()
    },
  })
  await expect(failure).rejects.toMatchObject({ party: 'interrupted' })
  expect(await queryOnce(empty.url(), "select from pg_roles where rolname = 'dev'")).toEqual([])
})

test('a role map that names no role of the source is a mistake', async () => {
  const failure = roles({ source: source.url(), target: target.url(), roleMap: { Dev: 'x' } })
  await expect(failure).rejects.toMatchObject({ code: 'roles.map', exitCode: 2 })
})

test('without a target nothing can be applied', async () => {
  await expect(roles({ source: source.url(), apply: 'apply' })).rejects.toMatchObject({ code: 'usage.option' })
})
