import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { roles, type RolesReport } from '../../src/index.ts'
import { type Major, type OwnServer, queryOnce } from '../kit/index.ts'
import { makeManyRoles, rolesServer, run } from './many-roles.ts'

/** What the catalogs of a server say of its roles, without oids, grantors and what the pair of versions accounts for. */
async function catalogOf(server: OwnServer): Promise<unknown[]> {
  const inherit = server.major > 15 ? 'a.inherit_option' : 'm.rolinherit'
  return queryOnce(
    server.url(),
    `select 'role' as what, a.rolname::text as name, (to_jsonb(a) - 'oid')::text || coalesce(shobj_description(oid, 'pg_authid'), '') as is
       from pg_authid a where rolname !~ '^pg_'
     union all
     select 'member', m.rolname || ' in ' || r.rolname, format('%s %s', a.admin_option, ${inherit})
       from pg_auth_members a join pg_roles m on m.oid = a.member join pg_roles r on r.oid = a.roleid where m.rolname !~ '^pg_'
     union all
     select 'setting', format('%s %s', setrole::regrole, coalesce((select datname from pg_database where oid = setdatabase), '')), setconfig::text
       from pg_db_role_setting
     order by 1, 2, 3`,
  )
}

describe.each([
  [13, 18],
  [16, 18],
  [18, 18],
  [13, 14],
] as [Major, Major][])('200 roles from %i to %i', (from, to) => {
  let source: OwnServer
  let target: OwnServer
  let before: RolesReport
  let applied: RolesReport
  beforeAll(async () => {
    source = await rolesServer(from)
    target = await rolesServer(to)
    await makeManyRoles(source)
    before = await roles({ source: source.url(), target: target.url() })
    applied = await roles({ source: source.url(), target: target.url(), apply: 'apply' })
  })
  afterAll(async () => {
    await target[Symbol.asyncDispose]()
    await source[Symbol.asyncDispose]()
  })

  test('are all missing at first, and looking changes nothing', () => {
    expect(before.verdict).toBe('DIFFERENT')
    expect(before.roles).toBe(202)
    expect(before.changes.filter(({ kind }) => kind === 'role').length).toBe(201)
    expect(applied.changes).toEqual(before.changes)
  })

  test('arrive without a refusal, and nothing is left out', () => {
    expect(applied).toMatchObject({ refused: [], blocked: [], leftOut: [], differences: [], noLogin: [] })
    expect(applied).toMatchObject({ verdict: 'SAME', passwords: 'SAME', ownMemberships: [] })
  })

  test('are the same to the catalogs', async () => {
    expect(await catalogOf(target)).toEqual(await catalogOf(source))
  })

  test('log in with the password that they had, SCRAM or md5', async () => {
    for (const i of [1, 2, 5, 6]) {
      const url = target.url('postgres', `app ${String(i)}`, `pw ${String(i)}`)
      await expect(queryOnce(url, 'select 1 as one')).resolves.toEqual([{ one: 1 }])
      await expect(queryOnce(target.url('postgres', `app ${String(i)}`, 'other'), 'select 1')).rejects.toMatchObject({
        code: '28P01',
      })
    }
  })

  test('leave nothing to do for a second run', async () => {
    const again = await roles({ source: source.url(), target: target.url(), apply: 'apply' })
    expect(again).toMatchObject({ verdict: 'SAME', passwords: 'SAME', changes: [], differences: [] })
  })

  test('differ again once anything is changed', async () => {
    await run(
      target,
      'alter role "app 3" nologin',
      'alter role "app 5" connection limit 3',
      'alter role "app 10" set work_mem = 100',
      'alter role "app 12" reset work_mem',
      'revoke "Group 2" from "Group 4"',
      'grant "Group 7" to "app 40"',
      `comment on role "app 6" is 'another'`,
      `alter role "app 7" password 'another'`,
      'alter role all reset all',
      'drop role "Group 40", "app 39"',
    )
    const report = await roles({ source: source.url(), target: target.url() })
    const found = report.differences.map(({ object, field }) => `${object}: ${field}`)
    expect(found.filter((one) => !/Group 40|app 39/u.test(one)).toSorted()).toEqual(
      [
        'role app 3: login',
        'role app 5: connectionLimit',
        'work_mem of app 10: value',
        'work_mem of app 12: existence',
        'Group 4 in Group 2: existence',
        'app 40 in Group 7: membership',
        'role app 6: comment',
        'role app 7: password',
        'idle_in_transaction_session_timeout of all roles: existence',
      ].toSorted(),
    )
    expect(found.filter((one) => /^role (Group 40|app 39): existence$/u.test(one)).length).toBe(2)
    expect(report).toMatchObject({ verdict: 'DIFFERENT', passwords: 'DIFFERENT' })
  })

  test('that differ are not overwritten; only what is missing is made again', async () => {
    const report = await roles({ source: source.url(), target: target.url(), apply: 'apply' })
    expect(report.refused).toEqual([])
    expect(report.differences.map(({ object }) => object).toSorted()).toEqual([
      'app 40 in Group 7',
      'role app 3',
      'role app 5',
      'role app 6',
      'role app 7',
      'work_mem of app 10',
    ])
  })
})
