import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { roles, type RolesReport } from '../../src/index.ts'
import { imitate, type Imitation, type Major, type OwnServer, queryOnce } from '../kit/index.ts'
import { rolesServer, run } from './many-roles.ts'

/** A server of 13 with what an administrator who is no superuser cannot bring over, and its namesake. */
let source: OwnServer
beforeAll(async () => {
  source = await rolesServer(13)
  await run(
    source,
    "set password_encryption = 'scram-sha-256'",
    'create role readers',
    'create role app login',
    'create role dba superuser',
    'create role streamer login replication',
    'create role sees_all bypassrls noinherit',
    // The namesake: had it come over, nobody would get in any more.
    "create role plain_admin nologin superuser password 'of the source' connection limit 0",
    'grant readers to app with admin option',
    'grant readers to plain_admin',
    'grant plain_admin to app',
    'grant pg_monitor to app',
    'grant app to sees_all',
    "alter role app set work_mem = '8MB'",
    "alter role app set log_statement = 'all'",
    "alter role app set my.parameter = 'x'",
    "alter role app set operator_precedence_warning = 'on'",
    "alter role app set password_encryption = 'on'",
    "alter role plain_admin set work_mem = '1MB'",
    "alter role all set work_mem = '2MB'",
    'create database shop owner app',
    "alter role app in database shop set work_mem = '9MB'",
    "comment on role app is 'the application'",
  )
})
afterAll(() => source[Symbol.asyncDispose]())

describe.each([14, 16, 18] as Major[])('an administrator with CREATEROLE alone on %i', (major) => {
  let target: Imitation
  let report: RolesReport
  let before: unknown
  beforeAll(async () => {
    target = await imitate('plain', major)
    before = await adminRow(target)
    report = await roles({ source: source.url(), target: target.adminUrl, apply: 'apply' })
  })
  afterAll(() => target[Symbol.asyncDispose]())

  test('brings over what it may, and lists the rest with reasons', () => {
    const reasons = report.leftOut.map(({ object, reason }) => `${object}: ${reason}`)
    const noAdmin = major > 15 ? ['app in pg_monitor: no-admin'] : []
    expect(reasons.toSorted()).toEqual(
      [
        ...noAdmin,
        'role dba: not-grantable',
        'plain_admin in postgres: no-admin',
        'role streamer: not-grantable',
        'role sees_all: not-grantable',
        'app in plain_admin: connecting-role',
        'plain_admin in readers: connecting-role',
        'log_statement of app: needs-superuser',
        'my.parameter of app: needs-superuser',
        'operator_precedence_warning of app: parameter-removed',
        'work_mem of app in database shop: database-missing',
        'work_mem of plain_admin: connecting-role',
        'work_mem of all roles: needs-superuser',
      ].toSorted(),
    )
  })

  test('hears what the target refuses, by SQLSTATE', () => {
    expect(report.refused).toMatchObject([{ object: 'password_encryption of app', sqlstate: '22023' }])
    expect(report.blocked).toEqual([])
    expect(report.differences.filter(({ reason }) => reason === undefined)).toMatchObject([
      { object: 'password_encryption of app', field: 'existence' },
    ])
  })

  test('stays as it is, though the source has a role of the same name with another password', async () => {
    expect(await adminRow(target)).toEqual(before)
    const own = report.differences.filter(({ reason }) => reason === 'connecting-role')
    expect(own.map(({ object, field }) => `${object}: ${field}`)).toEqual(
      expect.arrayContaining(['superuser', 'login', 'connectionLimit'].map((field) => `role plain_admin: ${field}`)),
    )
    expect(report.changes.filter(({ object }) => object === 'role plain_admin')).toEqual([])
  })

  test('can give objects to the roles that own things, until it takes that back', async () => {
    expect(report.ownMemberships.length).toBeGreaterThan(0)
    const give = 'create table handed_over (); alter table handed_over owner to app; drop table handed_over'
    await queryOnce(target.superuserUrl, 'create schema s authorization plain_admin; grant all on schema s to app')
    await queryOnce(target.adminUrl, `set search_path = s; ${give}`)
    for (const { undo } of report.ownMemberships) await queryOnce(target.adminUrl, undo)
    await expect(queryOnce(target.adminUrl, `set search_path = s; ${give}`)).rejects.toMatchObject({ code: '42501' })
  })

  test('asks for nothing more in a second run but what was refused, and what was taken back', async () => {
    const again = await roles({ source: source.url(), target: target.adminUrl, ownMemberships: 'skip' })
    expect(again.changes.map(({ object }) => object)).toEqual(['password_encryption of app'])
    expect(again.passwords).toBe('UNKNOWN')
  })
})

test('a service that hides verifiers gives roles without LOGIN, each with the way to mend it', async () => {
  await using service = await imitate('azure-flexible', 13)
  await using target = await rolesServer(18)
  await queryOnce(service.adminUrl, "create role app login password 'x'; create role readers; grant readers to app")
  const report = await roles({ source: service.adminUrl, target: target.url(), apply: 'apply' })
  expect(report.noLogin.toSorted((a, b) => (a.role < b.role ? -1 : 1))).toEqual([
    { role: 'app', reason: 'verifier-unreadable', psql: 'ALTER ROLE "app" LOGIN;\n\\password "app"' },
    {
      role: 'server_admin',
      reason: 'verifier-unreadable',
      psql: 'ALTER ROLE "server_admin" LOGIN;\n\\password "server_admin"',
    },
  ])
  expect(report.leftOut.filter(({ reason }) => reason === 'reserved').map(({ object }) => object)).toEqual([
    'role azure_pg_admin',
    'role azuresu',
    'role replication',
  ])
  const there = await queryOnce(
    target.url(),
    "select rolname as name, rolcanlogin as login from pg_roles where rolname !~ '^pg_' order by 1",
  )
  expect(there).toEqual([
    { name: 'app', login: false },
    { name: 'postgres', login: true },
    { name: 'readers', login: false },
    { name: 'server_admin', login: false },
  ])
  expect(report).toMatchObject({ verdict: 'SAME', refused: [] })
})

/** The role itself, its password and its settings; memberships are granted by it to itself. */
function adminRow(target: Imitation): Promise<unknown> {
  return queryOnce(
    target.superuserUrl,
    "select to_jsonb(a), (select json_agg(s) from pg_db_role_setting s where setrole = a.oid) from pg_authid a where rolname = 'plain_admin'",
  )
}
