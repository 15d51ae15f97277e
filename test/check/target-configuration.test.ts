import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { targetConfiguration } from '../../src/check/target-configuration/index.ts'
import { storage } from '../../src/check/target-configuration/database.ts'
import { compareZones } from '../../src/check/target-configuration/time-zones.ts'
import { providerNamed } from '../../src/provider/index.ts'
import { connectClient, freshDatabase, freshRole, type OwnServer, server, startServer } from '../kit/index.ts'
import { findings, found, notSilent, passes } from './support.ts'

/** A target that can neither receive nor send, with sessions that begin otherwise, and what somebody turned off for a load. */
const ODD = {
  wal_level: 'replica',
  max_wal_senders: '0',
  max_replication_slots: '1',
  max_logical_replication_workers: '0',
  max_worker_processes: '1',
  max_active_replication_origins: '0',
  timezone: 'Asia/Kolkata',
  datestyle: 'German, DMY',
  default_transaction_isolation: 'serializable',
  timezone_abbreviations: 'Australia',
  autovacuum: 'off',
  max_wal_size: '2MB',
  min_wal_size: '2MB',
}

const zone = (name: string, offset: number) => ({ kind: 'zone' as const, name, offset })

let odd: OwnServer
beforeAll(async () => {
  odd = await startServer({ major: 18, settings: ODD, initdbArgs: ['--wal-segsize=1'] })
})
afterAll(async () => {
  await odd[Symbol.asyncDispose]()
})

test('an empty database on a server with the usual settings has no findings', async () => {
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(await server(17))
  // Their time zone data may be of different years.
  const sameZones = targetConfiguration.filter(({ id }) => id !== 'T11')
  expect(await notSilent(sameZones, { source, target })).toEqual([])
  expect(await found('T01', { source })).toEqual({ status: 'skipped', reason: 'needs the target server' })
})

test('T01, T02 and T03 name what the target lacks to receive a stream, and to send one back', async () => {
  await using source = await freshDatabase(await server(17))
  const ends = { source, target: odd.url() }
  expect(await findings('T01', ends)).toMatchObject([
    { severity: 'block', object: 'max_logical_replication_workers', fix: { value: '3', needs: 'restart' } },
    { severity: 'block', object: 'max_worker_processes', fix: { value: '8' } },
  ])
  expect(await findings('T02', ends)).toMatchObject([{ severity: 'block', object: 'max_active_replication_origins' }])
  expect(await findings('T03', ends)).toMatchObject([
    { severity: 'error', object: 'wal_level on the target', fix: { name: 'wal_level', value: 'logical' } },
    { object: 'max_wal_senders on the target' },
  ])
  expect(await findings('T03', { source: odd.url(), target: source })).toMatchObject([
    { object: 'max_logical_replication_workers on the source', fix: { side: 'source' } },
    { object: 'max_active_replication_origins on the source' },
  ])
})

test('T02 counts by max_replication_slots before 18, and warns where tables could not be copied anew', async () => {
  await using tight = await startServer({ major: 17, settings: { max_replication_slots: '1' } })
  expect(await findings('T02', { source: (await server(14)).url(), target: tight.url() })).toMatchObject([
    { severity: 'warning', object: 'max_replication_slots', fix: { value: '3' } },
  ])
})

describe('T04', () => {
  test('lists what lies in the target database already, and leaves out what belongs to the service', async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(await server(17))
    await using client = await connectClient(target.url)
    await client.query('create schema auth; create table auth.users (); create extension if not exists plpgsql')
    await passes('T04', { source, target, targetProvider: providerNamed('supabase') })
    await client.query('create table t1 (); create table t2 (); select lo_create(4711)')
    const [finding, ...rest] = await findings('T04', { source, target })
    expect(rest).toEqual([])
    expect(finding).toMatchObject({ severity: 'error', object: 'target database' })
    expect(finding?.message).toContain('schema auth, table auth.users, 2 tables (public.t1), large object 4711')
  })

  test('tells an unfinished run from foreign objects', async () => {
    await using source = await freshDatabase(await server(14))
    await using target = await freshDatabase(await server(17))
    await using client = await connectClient(target.url)
    await client.query('create schema pgleap; create table pgleap.run ()')
    expect(await findings('T04', { source, target })).toMatchObject([
      { object: 'schema pgleap', fix: { text: expect.stringContaining('pgleap resume') } },
    ])
  })
})

describe('T05', () => {
  test.for([14, 17] as const)('asks the target what our role may do there, on %i', async (major) => {
    const pg = await server(major)
    await using owner = await freshRole(pg, { name: 'app_owner' })
    await using role = await freshRole(pg)
    await using sourceOwner = await freshRole(await server(13), { name: 'app_owner' })
    await using source = await freshDatabase(await server(13))
    await using client = await connectClient(source.url)
    await client.query(`create table t (); alter table t owner to ${sourceOwner.name}`)
    await using target = await freshDatabase(pg)
    const ends = { source, target: target.urlFor(role.name) }
    const set = major >= 16 ? ' WITH SET TRUE' : ''
    expect(await findings('T05', ends)).toMatchObject([
      {
        severity: 'block',
        object: `role ${role.name}`,
        fix: { sql: `GRANT CREATE ON DATABASE "${target.name}" TO "${role.name}";` },
      },
      {
        severity: 'warning',
        object: `role ${owner.name}`,
        message: expect.stringContaining('It owns public.t on the source'),
        fix: { sql: `GRANT "${owner.name}" TO "${role.name}"${set};` },
      },
    ])
    await target.query(`grant create on database ${target.name} to ${role.name}`)
    await target.query(`grant ${owner.name} to ${role.name}`)
    const online = await findings('T05', ends)
    expect(online).toMatchObject([{ severity: 'block', object: `subscription of ${role.name}` }])
    await passes('T05', { ...ends, paths: ['offline'] })
    if (major < 16) return
    expect(online[0]?.fix).toMatchObject({ sql: `GRANT pg_create_subscription TO "${role.name}";` })
    await target.query(`grant pg_create_subscription to ${role.name}`)
    await passes('T05', ends)
    expect(await target.query('select from pg_subscription')).toEqual([])
  })
})

test('T06 names a source that asks for no password, where the target role is no superuser, from 16 on', async () => {
  const pg = await server(17)
  await using role = await freshRole(pg)
  await using target = await freshDatabase(pg)
  await using source = await freshDatabase(await server(14))
  const asPlain = target.urlFor(role.name)
  expect(await findings('T06', { source, target: asPlain })).toMatchObject([
    { severity: 'error', object: 'role postgres' },
  ])
  await passes('T06', { source, target })
  expect(await found('T06', { source: (await server(13)).url(), target: (await server(15)).url() })).toMatchObject({
    status: 'skipped',
  })
  // A password in the connection string says nothing where it is not asked for: 16 and newer tell.
  const untouched = (await server(16)).url('postgres', 'postgres', 'given')
  expect(await findings('T06', { source: untouched, target: asPlain })).toHaveLength(1)
  await using asks = await startServer({ major: 16, password: 'right' })
  await passes('T06', { source: asks.url(), target: asPlain })
})

test('T07 names what our role lacks to publish the tables of the source', async () => {
  const pg = await server(14)
  await using owner = await freshRole(pg)
  await using role = await freshRole(pg)
  await using source = await freshDatabase(pg)
  await using client = await connectClient(source.url)
  await client.query(`create table a (); create table b (); create unlogged table c ()`)
  await client.query(`alter table a owner to ${owner.name}; alter table b owner to ${owner.name}`)
  const asPlain = { source: source.urlFor(role.name) }
  expect(await findings('T07', asPlain)).toMatchObject([
    {
      severity: 'block',
      fix: { sql: `ALTER ROLE "${role.name}" REPLICATION;`, undo: `ALTER ROLE "${role.name}" NOREPLICATION;` },
    },
    {
      object: `role ${role.name} in database ${source.name}`,
      fix: { sql: expect.stringContaining('GRANT CREATE ON DATABASE') },
    },
    { object: `tables of ${owner.name}`, message: expect.stringContaining('2 tables (public.a)') },
  ])
  const onRds = { ...asPlain, sourceProvider: providerNamed('rds') }
  expect((await findings('T07', onRds))[0]?.fix).toMatchObject({ sql: `GRANT rds_replication TO "${role.name}";` })

  await using group = await freshRole(pg, { name: 'rds_replication', attributes: 'nologin' })
  await client.query(
    `grant ${group.name}, ${owner.name} to ${role.name}; grant create on database ${source.name} to ${role.name}`,
  )
  await passes('T07', onRds)
})

test('T08 tells how large the source is, from rows of a database that is large enough', () => {
  const row = { database: 100 * 1024 ** 3, largest: 'public.orders', largest_bytes: 60 * 1024 ** 3 }
  expect(storage(row)).toMatchObject([
    {
      object: 'storage',
      message: expect.stringMatching(/takes 100 GB, 60\.0 GB of it table public\.orders .* 125 GB free/u),
    },
  ])
  expect(storage({ ...row, database: 1024 ** 3 - 1 })).toEqual([])
})

test('T09 names settings with which the same query gives another answer, unless they travel', async () => {
  await using source = await freshDatabase(await server(17))
  const ends = { source, target: odd.url() }
  expect(await findings('T09', ends)).toMatchObject([
    { severity: 'warning', object: 'parameter DateStyle' },
    {
      object: 'parameter TimeZone',
      fix: {
        sql: `ALTER DATABASE "postgres" SET "TimeZone" TO 'UTC';`,
        undo: `ALTER DATABASE "postgres" RESET "TimeZone";`,
      },
    },
    {
      object: 'parameter default_transaction_isolation',
      message: expect.stringContaining("'serializable' on the target"),
    },
  ])
  await source.query(`alter database ${source.name} set timezone = 'Europe/Berlin'`)
  const rest = await findings('T09', ends)
  expect(rest.map(({ object }) => object)).toEqual(['parameter DateStyle', 'parameter default_transaction_isolation'])
})

test('T10 names a target that makes many checkpoints, or has been left as it was for another load', async () => {
  await using source = await freshDatabase(await server(17))
  await source.query("create table t as select repeat('x', 1000) as a from generate_series(1, 12000)")
  expect(await findings('T10', { source, target: odd.url() })).toMatchObject([
    { severity: 'info', object: 'parameter max_wal_size', fix: { needs: 'reload' } },
    { severity: 'warning', object: 'parameter autovacuum', message: expect.stringContaining('tables bloat') },
  ])
})

describe('T11', () => {
  test('names abbreviations that mean another time by timezone_abbreviations', async () => {
    const all = await findings('T11', { source: (await server(18)).url(), target: odd.url() })
    expect(all).toContainEqual(
      expect.objectContaining({
        severity: 'warning',
        object: 'time zone abbreviations that differ',
        message: expect.stringContaining('EST'),
      }),
    )
  })

  test('names abbreviations that mean the own time zone from 18 on, for zones in use', async () => {
    await using source = await freshDatabase(await server(17))
    await source.query(`alter database ${source.name} set timezone = 'Asia/Kolkata'`)
    const [finding] = await findings('T11', { source, target: (await server(18)).url() })
    expect(finding).toMatchObject({ object: 'abbreviation IST in time zone Asia/Kolkata' })
    expect(finding?.message).toContain('UTC+02:00 before PostgreSQL 18, and as their own UTC+05:30')
    const said = await found('T11', { source, target: (await server(17)).url() })
    expect(said).toEqual({ status: 'passed' })
    // What the message says is so.
    const read = "select extract(epoch from '2026-01-01 00:00 IST'::timestamptz)::int8 as at"
    const on = async (major: 17 | 18) => {
      await using client = await connectClient((await server(major)).url())
      await client.query("set timezone = 'Asia/Kolkata'")
      return Number((await client.query<{ at: string }>(read)).rows[0]?.at)
    }
    expect((await on(17)) - (await on(18))).toBe(3.5 * 3600)
  })

  test('names zones that the target lacks, and is graver where they are in use, from rows of such servers', () => {
    const here = [zone('US/Pacific', -28_800), zone('America/Vancouver', -28_800), zone('UTC', 0)]
    const there = [zone('America/Vancouver', -25_200), zone('UTC', 0)]
    const compared = (used: string[]) => compareZones('zone', 'time zones', here, there, new Set(used))
    expect(compared(['utc'])).toMatchObject([
      {
        object: 'time zones that the target lacks',
        message: expect.stringContaining('1 zone that the source knows: US/Pacific'),
      },
      { severity: 'info', object: 'time zones that differ', message: expect.stringContaining('America/Vancouver') },
    ])
    const graver = compared(['us/pacific', 'america/vancouver'])
    expect(graver.map(({ severity }) => severity)).toEqual(['error', undefined])
    expect(compareZones('zone', 'time zones', here, here, new Set())).toEqual([])
  })
})

test('T14 names who is connected to the target database, by role', async () => {
  const pg = await server(17)
  await using role = await freshRole(pg)
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(pg)
  await using one = await connectClient(target.urlFor(role.name))
  await using two = await connectClient(target.urlFor(role.name))
  await one.query('select 1')
  await two.query('select 1')
  expect(await findings('T14', { source, target })).toMatchObject([
    {
      severity: 'warning',
      object: `role ${role.name}`,
      message: expect.stringContaining('2 sessions'),
      fix: { kind: 'sql', side: 'target' },
    },
  ])
})
