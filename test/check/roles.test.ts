import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { providerNamed } from '../../src/provider/index.ts'
import { freshDatabase, freshRole, imitate, queryOnce, server } from '../kit/index.ts'
import type { Imitation } from '../kit/index.ts'
import { apply } from './apply.ts'
import { findings, found, passes } from './support.ts'

const roles = ['roles'] as const
const offline = ['offline'] as const

/** An administrator with CREATEROLE and CREATEDB, as many targets give. */
let plain: Imitation
beforeAll(async () => {
  plain = await imitate('plain', 17)
}, 60_000)
afterAll(() => plain[Symbol.asyncDispose]())

describe('roles of a managed service (R01, R02, R03, R19)', () => {
  test('memberships, names and attributes that do not travel are named, those that do are not', async () => {
    await using rds = await imitate('rds', 13)
    await using source = await freshDatabase(rds.server)
    await source.query('create role app login in role rds_superuser, rds_iam')
    await source.query('create role auditor login bypassrls replication')
    await source.query('create role doadmin login createdb')
    const where = {
      source: rds.urlFor(source.name),
      target: plain.adminUrl,
      sourceProvider: providerNamed('rds'),
      paths: roles,
    }

    const lost = await findings('R01', where)
    expect(lost.map(({ object }) => object)).toEqual(['role app', 'role master_user'])
    expect(lost[0]?.message).toContain('It is a member of rds_iam, rds_superuser')
    const taken = await findings('R01', { ...where, targetProvider: providerNamed('digitalocean') })
    expect(taken).toContainEqual(
      expect.objectContaining({
        object: 'role doadmin',
        severity: 'error',
        message: expect.stringMatching(/keeps this name/),
      }),
    )

    const attributes = await findings('R02', where)
    expect(attributes.map(({ object, message }) => `${object ?? ''} ${message.split(',')[0] ?? ''}`)).toEqual([
      'role auditor It has REPLICATION and BYPASSRLS',
    ])
    expect(attributes[0]?.fix).toMatchObject({
      text: expect.stringContaining('ALTER ROLE "auditor" REPLICATION BYPASSRLS;'),
    })
    await passes('R02', { ...where, target: plain.superuserUrl })

    const [unreadable] = await findings('R03', where)
    expect(unreadable?.message).toContain(
      'the passwords of 4 roles cannot come along: app, auditor, doadmin, master_user',
    )
    await passes('R03', { ...where, source: rds.superuserUrl })
    expect(await found('R04', where)).toMatchObject({ status: 'unknown' })

    expect((await findings('R19', where)).map(({ object }) => object)).toEqual(['role app'])
  }, 60_000)

  test('a self-managed server has none of these', async () => {
    const pg = await server(14)
    await using source = await freshDatabase(pg)
    await using target = await freshDatabase(await server(17))
    await using _role = await freshRole(pg, { attributes: 'login createdb' })
    for (const id of ['R01', 'R02', 'R03', 'R19']) await passes(id, { source, target, paths: roles })
  })
})

describe('passwords (R04, R05)', () => {
  test('md5 is warned of, as deprecated from 18 on; SCRAM is not', async () => {
    const pg = await server(13)
    await using md5 = await freshRole(pg, { attributes: `login password 'md5${'a'.repeat(32)}'` })
    await using scram = await freshRole(pg)
    await using source = await freshDatabase(pg)
    await source.query(`set password_encryption = 'scram-sha-256'; alter role ${scram.name} password 'x'`)
    const [to17, ...others] = await findings('R04', { source, to: 17, paths: roles })
    expect([to17?.object, others]).toEqual([`role ${md5.name}`, []])
    expect(to17?.message).not.toContain('deprecated')
    const [to18] = await findings('R04', { source, to: 18, paths: roles })
    expect(to18?.message).toContain('PostgreSQL 18 calls md5 deprecated')
    await source.query(`alter role ${md5.name} password null`)
    await passes('R04', { source, to: 18, paths: roles })
  })

  test('a password that has expired or soon will is named, one that lasts is not', async () => {
    const pg = await server(14)
    await using expired = await freshRole(pg, { name: 'r_expired', attributes: `login valid until '2020-01-01'` })
    await using soon = await freshRole(pg, { name: 'r_soon' })
    await using _later = await freshRole(pg, { attributes: `login valid until 'infinity'` })
    await using _nobody = await freshRole(pg, { attributes: `nologin valid until '2020-01-01'` })
    await using source = await freshDatabase(pg)
    await source.query(
      `do $$ begin execute format('alter role r_soon valid until %L', now() + interval '3 days'); end $$`,
    )
    const two = await findings('R05', { source, paths: roles })
    expect(two.map(({ object, severity }) => [object, severity])).toEqual([
      [`role ${expired.name}`, 'info'],
      [`role ${soon.name}`, 'warning'],
    ])
    await apply(two, { source })
    await passes('R05', { source, paths: roles })
    await apply(two, { source }, 'undo')
    expect(await findings('R05', { source, paths: roles })).toEqual(two)
  })
})

describe('memberships (R07)', () => {
  test('a role of the target that our login may not grant is named with the grant that helps', async () => {
    const pg = await server(14)
    await using team = await freshRole(pg, { name: 'r_team', attributes: 'nologin' })
    await using member = await freshRole(pg, { name: 'r_member' })
    await using source = await freshDatabase(pg)
    await source.query(`grant ${team.name}, pg_monitor to ${member.name}`)
    const where = { source, target: plain.adminUrl, paths: roles }
    const monitor = await findings('R07', where)
    expect(monitor.map(({ object }) => object)).toEqual(['role pg_monitor'])
    await using target = await freshDatabase(plain.server)
    await target.query('create role r_team')
    const both = await findings('R07', where)
    expect(both.map(({ object }) => object)).toEqual(['role pg_monitor', 'role r_team'])
    await apply(both, { target })
    await passes('R07', where)
    await passes('R07', { ...where, target: plain.superuserUrl })
  }, 60_000)

  test('CREATEROLE is worth less from 16 on, and only there', async () => {
    const old = await server(15)
    await using _other = await freshRole(old)
    await using admin = await freshRole(old, { attributes: 'login createrole' })
    await using source = await freshDatabase(old)
    expect((await findings('R07', { source, to: 16, paths: roles })).map(({ object }) => object)).toEqual([
      `role ${admin.name}`,
    ])
    await passes('R07', { source, to: 15, paths: roles })
    const newer = await server(17)
    await using _admin = await freshRole(newer, { attributes: 'login createrole' })
    await using _otherToo = await freshRole(newer)
    await using newerSource = await freshDatabase(newer)
    await passes('R07', { source: newerSource, to: 17, paths: roles })
  })
})

describe('settings of roles and databases (R08, R09, R10)', () => {
  test('what is set for a role on the source alone is named, with the SET that mends it', async () => {
    const [old, newer] = [await server(14), await server(17)]
    await using role = await freshRole(old, { name: 'r_set' })
    await using _same = await freshRole(newer, { name: 'r_set' })
    await using _elsewhere = await freshRole(old, { name: 'r_not_there' })
    await using source = await freshDatabase(old)
    await using target = await freshDatabase(newer)
    await passes('R08', { source, target, paths: offline })
    await source.query(`alter role r_set set search_path = "$user", 'a b', public`)
    await source.query(`alter role r_set set work_mem = '64MB'`)
    await source.query(`alter role r_not_there set work_mem = '64MB'`)
    await target.query(`alter role r_set set work_mem = '8MB'`)
    const two = await findings('R08', { source, target, paths: offline })
    expect(two.map(({ object }) => object)).toEqual([`role ${role.name}: search_path`, `role ${role.name}: work_mem`])
    await apply(two, { target })
    await passes('R08', { source, target, paths: offline })
    const config = `select unnest(setconfig) as one from pg_db_role_setting s join pg_roles r on r.oid = setrole where rolname = 'r_set' order by 1`
    expect(await target.query(config)).toEqual(await source.query(config))
    await apply(two, { target }, 'undo')
    expect(await target.query(config)).toEqual([{ one: 'work_mem=8MB' }])
    expect(await found('R08', { source, target, paths: roles })).toMatchObject({ status: 'skipped' })
  })

  test('removed parameters are named by the version that removed them', async () => {
    const pg = await server(13)
    await using role = await freshRole(pg, { name: 'r_old' })
    await using source = await freshDatabase(pg)
    await using target = await freshDatabase(await server(17))
    await using same = await freshDatabase(await server(13))
    const quoted = `"${source.name}"`
    await source.query(`alter database ${quoted} set force_parallel_mode = 'on'`)
    await source.query(`alter role r_old in database ${quoted} set operator_precedence_warning = 'on'`)
    await source.query(`alter role r_old set password_encryption = 'on'`)
    await source.query(`alter role r_old set role = 'none'`)
    await source.query(`alter role r_old set app.tenant = '1'`)
    const objects = async (where: Parameters<typeof found>[1]) =>
      (await findings('R09', where)).map(({ object }) => object?.replace(source.name, 'DB'))
    const forced = 'database DB: force_parallel_mode'
    const operator = `role ${role.name} in database DB: operator_precedence_warning`
    const password = `role ${role.name}: password_encryption`
    expect(await objects({ source, target, paths: offline })).toEqual([forced, operator])
    expect(await objects({ source, target, paths: roles })).toEqual([forced, password, operator])
    expect(await objects({ source, to: 15, paths: roles })).toEqual([password, operator])
    await passes('R09', { source, target: same, paths: roles })
    await passes('R09', { source, to: 13, paths: roles })

    const all = await findings('R09', { source, target, paths: roles })
    await apply(all, { source })
    await passes('R09', { source, target, paths: roles })
    await apply(all, { source }, 'undo')
    expect(await objects({ source, target, paths: roles })).toEqual([forced, password, operator])
  })

  test('a parameter that the target merely does not have is named, too', async () => {
    // The way back, for want of a fork: 14 brought the parameter.
    await using source = await freshDatabase(await server(17))
    await using target = await freshDatabase(await server(13))
    await source.query(`alter database "${source.name}" set default_toast_compression = 'pglz'`)
    const [one] = await findings('R09', { source, target, paths: offline })
    expect(one?.message).toContain('the target does not have this parameter')
  })

  test('what only a superuser may set, or grant on parameters, is named for a target where our login is none', async () => {
    const pg = await server(15)
    await using role = await freshRole(pg, { name: 'r_grantee' })
    await using source = await freshDatabase(pg)
    await using target = await freshDatabase(plain.server, { owner: plain.admin })
    const quoted = `"${source.name}"`
    const where = { source, target: plain.urlFor(target.name), paths: offline }
    await source.query(`alter database ${quoted} set work_mem = '8MB'`)
    await passes('R10', where)
    await source.query(`alter database ${quoted} set log_min_duration_statement = 0`)
    await source.query(`alter database ${quoted} set app.tenant = '1'`)
    await source.query(`grant set on parameter log_min_duration_statement to ${role.name}`)
    const three = await findings('R10', where)
    expect(three.map(({ object }) => object?.replace(source.name, 'DB'))).toEqual([
      'database DB: app.tenant',
      'database DB: log_min_duration_statement',
      'parameter log_min_duration_statement',
    ])
    // That it is so, and not only in the books:
    for (const parameter of ['app.tenant', 'log_min_duration_statement']) {
      await expect(
        queryOnce(plain.urlFor(target.name), `alter database "${target.name}" set ${parameter} = '1'`),
      ).rejects.toThrow(/permission denied to set parameter/)
    }
    await target.query('create role r_grantee')
    await apply(three, { target })
    await passes('R10', { ...where, target })
  }, 60_000)
})
