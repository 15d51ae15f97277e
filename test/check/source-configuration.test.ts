import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sourceConfiguration } from '../../src/check/source-configuration/index.ts'
import { queryText } from '../../src/check/source-configuration/transactions.ts'
import { providerNamed } from '../../src/provider/index.ts'
import { connectClient, freshDatabase, freshRole, type OwnServer, server, startServer } from '../kit/index.ts'
import { findings, found, notSilent, passes } from './support.ts'

/** A server on which as much as possible is set in a way that stands in the way of something. */
const ODD = {
  wal_level: 'replica',
  max_replication_slots: '1',
  max_wal_senders: '0',
  max_slot_wal_keep_size: '1MB',
  idle_replication_slot_timeout: '300',
  wal_sender_timeout: '5s',
  synchronous_standby_names: 'FIRST 1 (a, *)',
  track_commit_timestamp: 'on',
  max_connections: '7',
  superuser_reserved_connections: '2',
  max_locks_per_transaction: '10',
  max_prepared_transactions: '3',
  max_worker_processes: '2',
}

let odd: OwnServer
beforeAll(async () => {
  odd = await startServer({ major: 18, settings: ODD })
})
afterAll(async () => {
  await odd[Symbol.asyncDispose]()
})

const at = async (major: 14 | 17 | 18) => (await server(major)).url()

test('a server with the usual settings has no findings', async () => {
  await using source = await freshDatabase(await server(14))
  await using target = await freshDatabase(await server(17))
  expect(await notSilent(sourceConfiguration, { source, target })).toEqual([])
})

describe('S01', () => {
  test('blocks where wal_level is not logical, with the parameter as the console names it', async () => {
    const self = await findings('S01', { source: odd.url() })
    expect(self).toMatchObject([
      {
        severity: 'block',
        object: 'wal_level',
        fix: { kind: 'parameter', name: 'wal_level', value: 'logical', needs: 'restart' },
      },
    ])
    const onRds = await findings('S01', { source: odd.url(), sourceProvider: providerNamed('rds') })
    expect(onRds[0]?.fix).toMatchObject({ name: 'rds.logical_replication', value: '1' })
  })

  test('says that there is no way where the service does not offer it', async () => {
    const [finding] = await findings('S01', { source: odd.url(), sourceProvider: providerNamed('heroku') })
    expect(finding?.message).toContain('does not offer logical replication')
    expect(finding?.fix).toMatchObject({ kind: 'advice' })
  })
})

test('S02 warns where slots are scarce, and blocks where there is none left', async () => {
  expect(await findings('S02', { source: odd.url(), target: await at(18) })).toMatchObject([
    { severity: 'warning', object: 'max_replication_slots', fix: { name: 'max_replication_slots', value: '3' } },
  ])
  await using client = await connectClient(odd.url())
  await client.query("select pg_create_physical_replication_slot('other', true)")
  expect(await findings('S02', { source: odd.url() })).toMatchObject([
    {
      severity: 'block',
      message: expect.stringContaining('1 of 1 replication slot (max_replication_slots) is in use'),
    },
  ])
  await client.query("select pg_drop_replication_slot('other')")
})

test('S03 blocks where no WAL sender is left', async () => {
  expect(await findings('S03', { source: odd.url() })).toMatchObject([
    { severity: 'block', object: 'max_wal_senders', fix: { value: '3', needs: 'restart' } },
  ])
})

test.for([13, 17] as const)('S04 names a slot that nobody reads, with what it holds back, on %i', async (major) => {
  const pg = await server(major)
  await using client = await connectClient(pg.url())
  await client.query("select pg_create_physical_replication_slot('orphan', true)")
  try {
    expect(await findings('S04', { source: pg.url() })).toMatchObject([
      {
        severity: 'warning',
        object: 'slot orphan',
        message: expect.stringMatching(/physical slot\. Nobody reads from it, and \d.* of WAL/u),
        fix: { kind: 'sql', side: 'source', sql: "SELECT pg_catalog.pg_drop_replication_slot('orphan');" },
      },
    ])
  } finally {
    await client.query("select pg_drop_replication_slot('orphan')")
  }
  await passes('S04', { source: pg.url() })
})

test('S05 names limits that can cost us the slot: more of WAL than the database is worse, and idle time is from 18 on', async () => {
  expect(await findings('S05', { source: odd.url() })).toMatchObject([
    { severity: 'error', object: 'max_slot_wal_keep_size', fix: { value: '-1', needs: 'reload' } },
    { severity: 'error', object: 'idle_replication_slot_timeout', message: expect.stringContaining('5 min 00 s') },
  ])
})

test('S07 and S19 name short timeouts and standby names that take in every subscription, on both sides', async () => {
  const ends = { source: await at(18), target: odd.url() }
  expect(await findings('S07', { source: odd.url() })).toMatchObject([
    { object: 'wal_sender_timeout', message: expect.stringContaining('5.0 s'), fix: { side: 'source' } },
  ])
  expect(await findings('S19', { source: odd.url() })).toMatchObject([{ severity: 'error', fix: { side: 'source' } }])
  expect(await findings('S19', ends)).toMatchObject([
    { message: expect.stringContaining('the stream back'), fix: { side: 'target' } },
  ])
})

test('S20 tells that commit timestamps end, where the source has them and the target does not', async () => {
  expect(await findings('S20', { source: odd.url(), target: await at(18) })).toMatchObject([
    { severity: 'info', object: 'track_commit_timestamp' },
  ])
  await passes('S20', { source: odd.url(), target: odd.url() })
})

test('S08 compares what a slot has spilled with what it has decoded, from 14 on', async () => {
  const pg = await server(17)
  await using source = await freshDatabase(pg)
  await using client = await connectClient(source.url)
  await client.query('create table t (a text); create publication p for all tables')
  await client.query("select pg_create_logical_replication_slot('spills', 'pgoutput')")
  await client.query('set synchronous_commit = on') // only what is flushed is decoded
  await client.query("insert into t select repeat('x', 1000) from generate_series(1, 500)")
  await client.query("set logical_decoding_work_mem = '64kB'")
  await client.query(
    "select count(*) from pg_logical_slot_get_binary_changes('spills', null, null, 'proto_version', '1', 'publication_names', 'p')",
  )
  await client.query('select pg_stat_force_next_flush()')
  expect(await findings('S08', { source })).toMatchObject([
    { object: 'slot spills', fix: { kind: 'parameter', name: 'logical_decoding_work_mem' } },
  ])
  await client.query("select pg_drop_replication_slot('spills')")
  await passes('S08', { source })
  expect(await found('S08', { source: (await server(13)).url() })).toMatchObject({ status: 'skipped' })
})

describe('S09', () => {
  test('names a transaction that is open for long, and is unknown to those who may not see the times of others', async () => {
    const pg = await server(14)
    await using role = await freshRole(pg)
    await using source = await freshDatabase(pg)
    await using other = await connectClient(source.url)
    await other.query("create table t (a text); begin; insert into t values ('secret')")
    const { rows } = await other.query<{ pid: number }>('select pg_backend_pid() as pid')
    const pid = String(rows[0]?.pid)
    await passes('S09', { source }) // it is young
    expect(await found('S09', { source: source.urlFor(role.name) })).toEqual({
      status: 'unknown',
      reason: `Our role may not see how long the transactions of other roles are open (pid ${pid}); it needs pg_read_all_stats.`,
    })
    await other.query("select pg_sleep(10) -- 'secret'")
    const [finding] = await findings('S09', { source })
    expect(finding).toMatchObject({
      severity: 'warning',
      object: `pid ${pid}`,
      fix: { kind: 'sql', sql: `SELECT pg_catalog.pg_terminate_backend(${pid});` },
    })
    expect(finding?.message).toContain('idle in transaction: select pg_sleep(10)')
    expect(finding?.message).not.toContain('secret')
    await other.query('rollback')
    await passes('S09', { source })
  })

  test('shows no literal of a query', () => {
    expect(queryText("alter role a\n  password 'it''s E\\'")).toBe("alter role a password '…''…'")
    expect(queryText("select 'cut off in the midd")).toBe("select '…'")
    expect(queryText('do $x$ secret $x$; select $1')).toBe('do …; select $1')
    expect(queryText('x'.repeat(100))).toHaveLength(81)
  })
})

test('S10 names prepared transactions, and a target that takes none', async () => {
  await using source = await freshDatabase(await server(14))
  await using client = await connectClient(source.url)
  await client.query('create table t (a int)')
  await client.query('begin')
  await client.query('insert into t values (1)')
  await client.query("prepare transaction 'left'")
  const offline = await findings('S10', { source, paths: ['offline'] })
  expect(offline).toMatchObject([
    { severity: 'error', object: 'prepared transaction left', message: expect.stringContaining('is not in the copy') },
  ])
  expect(offline[0]?.fix).toMatchObject({ text: expect.stringContaining("ROLLBACK PREPARED 'left';") })
  await using elsewhere = await freshDatabase(await server(14))
  await passes('S10', { source: elsewhere, paths: ['offline'] })
  expect(await findings('S10', { source: elsewhere, paths: ['online'] })).toMatchObject([
    { message: expect.stringContaining('waits for its end') },
  ])
  await client.query("rollback prepared 'left'")

  await using none = await startServer({ major: 18, settings: { max_prepared_transactions: '0' } })
  expect(await findings('S10', { source, target: none.url() })).toMatchObject([
    { severity: 'warning', object: 'max_prepared_transactions', fix: { side: 'target', value: '10' } },
  ])
})

test('S11 names a slot that holds back the clean-up of a million transactions', async () => {
  await using source = await freshDatabase(await server(17))
  await using client = await connectClient(source.url)
  await client.query("select pg_create_logical_replication_slot('old', 'pgoutput')")
  await client.query('create temp table burnt (a int)')
  // A subtransaction that writes takes a transaction id, too.
  await client.query(
    'do $$ begin for i in 1..1000000 loop begin insert into burnt values (1); exception when others then null; end; end loop; end $$',
  )
  expect(await findings('S11', { source })).toMatchObject([{ severity: 'warning', object: 'slot old' }])
  await client.query("select pg_drop_replication_slot('old')")
  await passes('S11', { source })
})

test('S12 names who reads the changes and what is published, S13 what a subscription brings', async () => {
  await using publisher = await freshDatabase(await server(14))
  await using subscriber = await freshDatabase(await server(17))
  await publisher.query('create table t (a int primary key)')
  await publisher.query('create publication p for table t')
  await subscriber.query('create table t (a int primary key)')
  await subscriber.query(`create subscription s connection '${publisher.url}' publication p with (copy_data = false)`)
  try {
    await expect
      .poll(() => publisher.query('select from pg_replication_slots where active and slot_name = $1', ['s']))
      .toHaveLength(1)
    expect(await findings('S12', { source: publisher })).toMatchObject([
      {
        severity: 'warning',
        object: 'slot s',
        message: expect.stringContaining('s reads the changes of this database (pgoutput)'),
      },
      { severity: 'info', object: 'publication p', message: expect.stringContaining('It publishes 1 table') },
    ])
    await using role = await freshRole(await server(14))
    expect(await found('S11', { source: publisher.urlFor(role.name) })).toMatchObject({
      status: 'unknown',
      reason: expect.stringContaining('may not see what standbys report (s)'),
    })
    await passes('S11', { source: publisher })
    expect(await findings('S13', { source: subscriber })).toMatchObject([
      {
        severity: 'warning',
        object: 'subscription s',
        message: expect.stringContaining('It brings rows from another server'),
      },
    ])
    await passes('S13', { source: publisher })
  } finally {
    await subscriber.query('drop subscription s')
  }
})

test('S15 counts the sessions that the server, the role and the database still allow', async () => {
  expect(await findings('S15', { source: odd.url() })).toMatchObject([
    { severity: 'warning', object: 'max_connections' },
  ])
  const pg = await server(17)
  await using role = await freshRole(pg, { attributes: 'login connection limit 5' })
  await using source = await freshDatabase(pg)
  await source.query(`alter database ${source.name} connection limit 6`)
  expect(await findings('S15', { source: source.urlFor(role.name) })).toMatchObject([
    {
      object: `role ${role.name}`,
      message: expect.stringContaining('room for 5 more sessions'),
      fix: { undo: expect.stringContaining('LIMIT 5') },
    },
    { object: `database ${source.name}`, fix: { kind: 'sql', side: 'source' } },
  ])
  await passes('S15', { source })
})

test('S16 compares the number of tables with the room of the lock table', async () => {
  await using client = await connectClient(odd.url())
  await client.query('create database many')
  const source = odd.url('many')
  await passes('S16', { source })
  await using many = await connectClient(source)
  await many.query(
    "do $$ begin for i in 1..300 loop execute format('create table t%s ()', i); if i % 20 = 0 then commit; end if; end loop; end $$",
  )
  expect(await findings('S16', { source })).toMatchObject([
    {
      severity: 'error',
      object: 'max_locks_per_transaction',
      message: expect.stringContaining('300 tables'),
      fix: { needs: 'restart' },
    },
  ])
})

describe('S17', () => {
  test('names the setting of role, database or everybody that makes a server read only', async () => {
    const pg = await server(17)
    await using role = await freshRole(pg)
    await using target = await freshDatabase(pg)
    await using source = await freshDatabase(await server(14))
    await target.query(`alter database ${target.name} set default_transaction_read_only = on`)
    expect(await findings('S17', { source, target })).toMatchObject([
      {
        severity: 'block',
        object: 'default_transaction_read_only on the target',
        fix: {
          kind: 'sql',
          side: 'target',
          sql: `ALTER DATABASE "${target.name}" RESET default_transaction_read_only;`,
        },
      },
    ])
    await using client = await connectClient(pg.url())
    await client.query(`alter role ${role.name} in database ${target.name} set default_transaction_read_only = off`)
    await passes('S17', { source, target: target.urlFor(role.name) })
    await client.query(`alter role ${role.name} in database ${target.name} set default_transaction_read_only = on`)
    const [ofRole] = await findings('S17', { source, target: target.urlFor(role.name) })
    expect(ofRole?.fix).toMatchObject({
      sql: `ALTER ROLE "${role.name}" IN DATABASE "${target.name}" RESET default_transaction_read_only;`,
    })
  })

  test('is content with a source that is closed to writes, as an offline migration wants it', async () => {
    await using source = await freshDatabase(await server(14))
    await source.query(`alter database ${source.name} set default_transaction_read_only = on`)
    await passes('S17', { source, paths: ['offline'] })
    expect(await findings('S17', { source, paths: ['online'] })).toMatchObject([
      { severity: 'warning', fix: { side: 'source' } },
    ])
  })
})
