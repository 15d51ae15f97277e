import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { providerNamed } from '../../src/provider/index.ts'
import { freshDatabase, freshRole, imitate, server } from '../kit/index.ts'
import type { Imitation } from '../kit/index.ts'
import { apply } from './apply.ts'
import { findings, found, passes } from './support.ts'

const offline = ['offline'] as const

/** A target with an administrator who is no superuser. */
let plain: Imitation
beforeAll(async () => {
  plain = await imitate('plain', 17)
}, 60_000)
afterAll(() => plain[Symbol.asyncDispose]())

test('a pair of plain servers, on which one role owns things on both sides, is silent', async () => {
  const [old, newer] = [await server(14), await server(17)]
  await using app = await freshRole(old, { name: 'r_both' })
  await using _app = await freshRole(newer, { name: 'r_both' })
  await using source = await freshDatabase(old)
  await using target = await freshDatabase(newer)
  await source.query(
    `create schema app authorization ${app.name}; create table app.t (); alter table app.t owner to ${app.name}`,
  )
  await source.query(
    `create table public.t (); grant select on public.t to ${app.name}; create extension pg_stat_statements`,
  )
  await source.query(`alter default privileges for role ${app.name} grant select on tables to public`)
  for (const id of ['R08', 'R09', 'R10', 'R11', 'R12', 'R13', 'R14', 'R15', 'R16', 'R17']) {
    await passes(id, { source, target, paths: offline })
  }
})

describe("rights on PostgreSQL's own objects (R11)", () => {
  test('what 15 renamed, and what only a superuser may grant, is named', async () => {
    const pg = await server(14)
    await using backup = await freshRole(pg, { name: 'r_backup' })
    await using source = await freshDatabase(pg)
    await using same = await freshDatabase(pg)
    await using target = await freshDatabase(await server(17))
    await source.query(`grant execute on function pg_start_backup(text, boolean, boolean) to ${backup.name}`)
    const gone = await findings('R11', { source, target, paths: offline })
    expect(gone.map(({ object }) => object)).toEqual([
      'function pg_catalog.pg_start_backup(pg_catalog.text,boolean,boolean)',
    ])
    expect(await findings('R11', { source, to: 15, paths: offline })).toEqual([
      expect.objectContaining({ message: expect.stringContaining('Its successor is pg_backup_start') }),
    ])
    await passes('R11', { source, to: 14, paths: offline })
    await passes('R11', { source, target: same, paths: offline })

    await source.query(`grant select on pg_catalog.pg_authid to ${backup.name}`)
    await source.query(`grant select (rolname) on pg_catalog.pg_authid to ${backup.name}`)
    await source.query(
      `revoke execute on function pg_ls_dir(text) from public; revoke execute on function pg_sleep(double precision) from public`,
    )
    expect(await findings('R11', { source, target, paths: offline })).toHaveLength(1)
    const refused = await findings('R11', { source, target: plain.adminUrl, paths: offline })
    expect(refused.map(({ object }) => object)).toEqual([
      'function pg_catalog.pg_sleep(double precision)',
      'function pg_catalog.pg_start_backup(pg_catalog.text,boolean,boolean)',
      'table pg_catalog.pg_authid',
      'table column pg_catalog.pg_authid.rolname',
    ])
  })
})

describe('owners (R12, R13)', () => {
  test('roles that the database needs and the target lacks block, unless they travel', async () => {
    const pg = await server(14)
    await using owner = await freshRole(pg, { name: 'r_owner' })
    await using reader = await freshRole(pg, { name: 'r_reader', attributes: 'nologin' })
    await using source = await freshDatabase(pg)
    await using target = await freshDatabase(plain.server, { owner: plain.admin })
    await source.query(
      `create schema app authorization ${owner.name}; create table app.t (); alter table app.t owner to ${owner.name}`,
    )
    await source.query(`grant select on app.t to ${reader.name}`)
    const where = { source, target: plain.urlFor(target.name), paths: offline }
    const two = await findings('R12', where)
    expect(two.map(({ object, severity, message }) => [object, severity, message.split(' and does')[0]])).toEqual([
      ['role r_owner', 'block', 'It owns 2 objects (table app.t, schema app)'],
      ['role r_reader', 'block', 'It has rights on table app.t'],
    ])
    await passes('R12', { ...where, paths: ['offline', 'roles'] })
    expect(await found('R12', { source, paths: offline })).toEqual({
      status: 'skipped',
      reason: 'needs the target server',
    })

    await apply(two, { target })
    const [foreign, ...others] = await findings('R12', where)
    expect([foreign?.severity, foreign?.message, others]).toEqual([
      'warning',
      expect.stringContaining('may not give objects to it'),
      [],
    ])
    if (foreign !== undefined) await apply([foreign], { target })
    await passes('R12', where)
    if (foreign !== undefined) await apply([foreign], { target }, 'undo')
    await apply(two, { target }, 'undo')
    expect(await findings('R12', where)).toHaveLength(2)
  })

  test('what belongs to the superuser of initdb needs another role where the target has none of its name', async () => {
    await using azure = await imitate('azure-flexible', 17)
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(azure.server)
    const where = {
      source,
      target: azure.urlFor(target.name),
      paths: offline,
      targetProvider: providerNamed('azure-flexible'),
    }
    await passes('R12', where)
    await source.query(
      `create table t (); create function root() returns int security definer language sql as 'select 1'`,
    )
    const [missing, definer, ...others] = await findings('R12', where)
    expect(missing).toMatchObject({
      object: 'role postgres',
      fix: { kind: 'advice', text: expect.stringContaining('--role-map postgres=NEW') },
    })
    expect(definer).toMatchObject({ object: 'function public.root()', severity: 'warning' })
    expect(others).toEqual([])
  }, 60_000)

  test('default privileges of a role for which our login may not act are named', async () => {
    const pg = await server(14)
    await using app = await freshRole(pg, { name: 'r_default' })
    await using source = await freshDatabase(pg)
    await using target = await freshDatabase(plain.server, { owner: plain.admin })
    await source.query(`alter default privileges for role ${app.name} grant select on tables to public`)
    const where = { source, target: plain.urlFor(target.name), paths: offline }
    await target.query('create role r_default')
    const all = await findings('R13', where)
    expect(all).toEqual([
      expect.objectContaining({ object: 'role r_default', message: expect.stringContaining('(tables)') }),
    ])
    await apply(all, { target })
    await passes('R13', where)
    await apply(all, { target }, 'undo')
    expect(await findings('R13', where)).toEqual(all)
    // From 16 on, a member that does not inherit may still own, but not act.
    await target.query(`grant r_default to ${plain.admin} with inherit false`)
    const lazy = await findings('R13', where)
    await apply(lazy, { target })
    await passes('R13', where)
    await apply(lazy, { target }, 'undo')
    expect(await findings('R13', where)).toEqual(lazy)
    await target.query('drop role r_default')
  })
})

describe('schema public (R14)', () => {
  test('roles that create there only because everybody may are named where 15 is crossed, and nowhere else', async () => {
    const pg = await server(14)
    await using app = await freshRole(pg, { name: 'r_reliant' })
    await using source = await freshDatabase(pg)
    await source.query('create table by_superuser ()')
    await passes('R14', { source, to: 17, paths: offline })
    await source.query(`create table t (); alter table t owner to ${app.name}`)
    const [one] = await findings('R14', { source, to: 15, paths: offline })
    expect(one).toMatchObject({ severity: 'info', message: expect.stringContaining('r_reliant') })
    await passes('R14', { source, to: 14, paths: offline })
    if (one !== undefined) await apply([one], { source })
    await passes('R14', { source, to: 15, paths: offline })
    if (one !== undefined) await apply([one], { source }, 'undo')
    expect(await findings('R14', { source, to: 15, paths: offline })).toEqual([one])
  })

  test('rights that our login cannot grant on the target are an error', async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(plain.server)
    const where = { source, target: plain.urlFor(target.name), paths: offline }
    const all = await findings('R14', where)
    expect(all).toEqual([
      expect.objectContaining({ severity: 'error', message: expect.stringContaining('pg_database_owner') }),
    ])
    await apply(all, { target })
    await passes('R14', where)
    await apply(all, { target }, 'undo')
    expect(await findings('R14', where)).toEqual(all)
    await source.query('revoke create on schema public from public')
    await passes('R14', where)
  })
})

describe('what our logins may see and do (R15, R16)', () => {
  test('row security that hides rows from our login blocks, and the fix shows them', async () => {
    const pg = await server(14)
    await using owner = await freshRole(pg, { name: 'r_secured' })
    await using reader = await freshRole(pg, { name: 'r_copies' })
    await using source = await freshDatabase(pg)
    await source.query(`create table open (); create table secured (); alter table secured enable row level security`)
    await source.query(
      `alter table secured owner to ${owner.name}; grant select on all tables in schema public to ${reader.name}`,
    )
    const where = { source: source.urlFor(reader.name), paths: offline }
    await passes('R15', { source, paths: offline })
    const byOwner = await findings('R15', where)
    expect(byOwner).toEqual([expect.objectContaining({ object: 'public.secured', severity: 'block' })])
    await apply(byOwner, { source })
    await passes('R15', where)
    await source.query('alter table secured force row level security')
    const forced = await findings('R15', where)
    expect(forced[0]?.fix).toMatchObject({ sql: 'ALTER ROLE "r_copies" BYPASSRLS;' })
    await apply(forced, { source })
    await passes('R15', where)
    await apply([...forced, ...byOwner], { source }, 'undo')
    expect(await findings('R15', where)).toHaveLength(1)
  })

  test('forced row security stops a subscription from 16 on', async () => {
    const pg = await server(14)
    await using owner = await freshRole(pg, { name: 'r_forced' })
    await using source = await freshDatabase(pg)
    await source.query(
      'create table secured (); alter table secured enable row level security, force row level security',
    )
    await source.query(`alter table secured owner to ${owner.name}`)
    const online = ['online'] as const
    expect(await findings('R15', { source, to: 16, paths: online })).toMatchObject([
      { object: 'public.secured', severity: 'error' },
    ])
    await passes('R15', { source, to: 15, paths: online })
    await passes('R15', { source, to: 16, paths: offline })
  })

  test('what our login may not read is granted by the fix, table by table', async () => {
    const pg = await server(14)
    await using reader = await freshRole(pg, { name: 'r_reads' })
    await using source = await freshDatabase(pg)
    await source.query(
      'create schema "A b"; create table "A b"."T" (id serial); create table public.t (); grant select on public.t to r_reads',
    )
    await source.query('create extension hstore; create extension pg_stat_statements')
    const where = { source: source.urlFor(reader.name), paths: offline }
    await passes('R16', { source, paths: offline })
    const all = await findings('R16', where)
    expect(all).toEqual([
      expect.objectContaining({
        object: 'schema A b',
        severity: 'block',
        message: '"r_reads" may not read 2 objects of it (it has no USAGE on the schema, either): T, T_id_seq.',
      }),
    ])
    await apply(all, { source })
    await passes('R16', where)
    await apply(all, { source }, 'undo')
    expect(await findings('R16', where)).toEqual(all)
  })

  test('a target where our login may make no schemas blocks', async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(plain.server)
    const where = { source, target: plain.urlFor(target.name), paths: offline }
    const all = await findings('R16', where)
    expect(all).toMatchObject([{ object: `database ${target.name}` }])
    await apply(all, { target })
    await passes('R16', where)
  })
})
