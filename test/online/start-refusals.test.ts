import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { online } from '../../src/online/index.ts'
import { PgleapError, type Event } from '../../src/index.ts'
import { connectClient, freshDatabase, startServer, type OwnServer } from '../kit/index.ts'
import { until } from './until.ts'

let old: OwnServer
let young: OwnServer
beforeAll(async () => {
  old = await startServer({ major: 14, password: 'secret' })
  young = await startServer({ major: 17, password: 'secret' })
})
afterAll(async () => {
  await old[Symbol.asyncDispose]()
  await young[Symbol.asyncDispose]()
})

const LEFT = `select pubname as what from pg_publication union all select slot_name from pg_replication_slots
  union all select nspname from pg_namespace where nspname like 'pgleap%'`

async function pair() {
  const source = await freshDatabase(old)
  const target = await freshDatabase(young)
  await source.query('create table t (id int primary key, v text); insert into t values (1)')
  const nothingLeft = async () => {
    await until(async () => expect([...(await source.query(LEFT)), ...(await target.query(LEFT))]).toEqual([]))
  }
  return { source, target, nothingLeft, options: { source: source.url, target: target.url } }
}

/** The refusal of a start. */
async function refusal(starting: Promise<unknown>): Promise<PgleapError> {
  const error: unknown = await starting.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof PgleapError) return error
  throw new Error('it was not refused', { cause: error })
}

describe('before anything is made', { timeout: 120_000 }, () => {
  test('a direction in which the servers do not find each other is named', async () => {
    const { options, nothingLeft } = await pair()
    const there = await refusal(online.start({ ...options, sourceFromTarget: 'postgres://nobody:pw@127.0.0.1:9/x' }))
    expect(there).toMatchObject({ code: 'online.not-ready', party: 'findings' })
    expect(there.message).toContain('reach  target server: The target server cannot open a connection to the source')
    const back = await refusal(online.start({ ...options, targetFromSource: 'postgres://nobody:pw@127.0.0.1:9/x' }))
    expect(back.message).toContain('way-back  source server: The source server cannot open a connection to the target')
    expect(back.hint).toContain('--no-way-back')
    expect(back.message).not.toContain('secret')
    await nothingLeft()
  })

  test('servers that cannot send or receive a stream are named with the settings that they need', async () => {
    const settings = {
      wal_level: 'replica',
      max_wal_senders: '0',
      max_replication_slots: '0',
      max_logical_replication_workers: '0',
    }
    await using odd = await startServer({ major: 14, settings })
    await using source = await freshDatabase(odd)
    await using target = await freshDatabase(young)
    const from = await refusal(online.start({ source: source.url, target: target.url }))
    expect(from).toMatchObject({ code: 'online.not-ready', party: 'findings' })
    for (const fix of [
      /S01 {2}wal_level: .*\n +on the source: wal_level = logical \(restart\)/u,
      /S02 {2}max_replication_slots: .*\n +on the source: max_replication_slots = \d+ \(restart\)/u,
      /S03 {2}max_wal_senders: .*\n +on the source: max_wal_senders = \d+ \(restart\)/u,
      /way-back {2}max_logical_replication_workers on the source: .*\n +on the source: max_logical_replication_workers = \d+ \(restart\)/u,
    ]) {
      expect(from.message).toMatch(fix)
    }
    const to = await refusal(online.start({ source: target.url, target: source.url, skipChecks: ['C08'] }))
    for (const fix of [
      /T01 {2}max_logical_replication_workers: .*\n +on the target: max_logical_replication_workers = \d+ \(restart\)/u,
      /T02 {2}.*\n +on the target: max_replication_slots = \d+ \(restart\)/u,
      /way-back {2}wal_level on the target: .*\n +on the target: wal_level = logical \(restart\)/u,
    ]) {
      expect(to.message).toMatch(fix)
    }
    for (const database of [source, target]) expect(await database.query(LEFT)).toEqual([])
  })

  test('rights that are missing are listed with their grants, and a role that has no more than them starts', async () => {
    const { source, target, nothingLeft } = await pair()
    for (const database of [source, target]) await database.query(`create role mover login password 'mover'`)
    const asMover = {
      source: source.urlFor('mover', 'mover'),
      target: target.urlFor('mover', 'mover'),
      owners: 'skip',
      privileges: 'skip',
    } as const
    const first = await refusal(online.start(asMover))
    expect(first.code).toBe('online.not-ready')
    for (const fix of [
      `on the source: ALTER ROLE "mover" REPLICATION;`,
      `on the source: GRANT CREATE ON DATABASE "${source.name}" TO "mover";`,
      `on the source: GRANT "postgres" TO "mover";`,
      `on the source: GRANT pg_signal_backend TO "mover";`,
      `on the source: GRANT pg_read_all_stats TO "mover";`,
      `on the target: GRANT pg_read_all_stats TO "mover";`,
      `on the target: GRANT CREATE ON DATABASE "${target.name}" TO "mover";`,
      `on the target: GRANT "postgres" TO "mover";`,
      `on the target: GRANT pg_signal_backend TO "mover";`,
      `on the target: ALTER ROLE "mover" REPLICATION;`,
      'Before PostgreSQL 16 only superusers make subscriptions',
    ]) {
      expect(first.message).toContain(fix)
    }
    await nothingLeft()

    await source.query(`alter role mover replication; grant pg_signal_backend, pg_read_all_stats to mover;
      alter database ${source.name} owner to mover; alter table t owner to mover`)
    await target.query(`grant pg_signal_backend, pg_read_all_stats, pg_create_subscription to mover;
      alter database ${target.name} owner to mover`)
    const second = await refusal(online.start(asMover))
    expect(second.message).toContain('way-back')
    expect(second.message).not.toMatch(/ {2}(?:T\d\d|close|end-sessions|reach) {2}/u)

    await online.start({ ...asMover, wayBack: 'without' })
    await source.query(`insert into t values (2, 'streamed')`)
    await until(async () => expect(await target.query('select count(*)::int as n from t')).toEqual([{ n: 2 }]))
    await online.abort({ source: asMover.source, target: asMover.target })
    await nothingLeft()
  })
})

describe('transactions that are open', { timeout: 120_000 }, () => {
  test('are named while the slot waits for them; an abort leaves nothing', async () => {
    const { source, options, nothingLeft } = await pair()
    await using client = await connectClient(source.url)
    await client.query(`begin; insert into t values (2, 'open')`)
    await source.query(`begin; insert into t values (3); prepare transaction 'forgotten'`)
    const waits: Event[] = []
    const controller = new AbortController()
    const starting = online.start({
      ...options,
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'notice' && event.code === 'online.slot-waits') waits.push(event)
      },
    })
    const refused = refusal(starting)
    await until(async () => expect(waits.length).toBeGreaterThan(0))
    const [notice] = waits
    expect(notice?.type === 'notice' ? notice.message : '').toMatch(
      /2 transactions: server process \d+ of postgres in database \S+ \(open for .*idle in transaction\): begin; insert into t .*; prepared transaction forgotten of postgres/u,
    )
    controller.abort()
    expect(await refused).toMatchObject({ code: 'run.interrupted' })
    await nothingLeft()

    const late = await refusal(online.start({ ...options, slotTimeoutMs: 500 }))
    expect(late).toMatchObject({ code: 'online.slot-timeout', party: 'source' })
    expect(late.message).toContain('idle in transaction')
    await nothingLeft()
    await source.query(`rollback prepared 'forgotten'`)
  })

  test('a second start waits for nobody and is refused while the first one works', async () => {
    const { source, options, nothingLeft } = await pair()
    await using client = await connectClient(source.url)
    await client.query(`begin; insert into t values (2, 'open')`)
    const controller = new AbortController()
    const first = refusal(online.start({ ...options, signal: controller.signal })).catch((error: unknown) => error)
    await until(async () => expect(await source.query('select from pg_replication_slots')).toHaveLength(1))
    expect(await refusal(online.start(options))).toMatchObject({ code: 'online.locked' })
    expect(await source.query('select from pg_replication_slots')).toHaveLength(1)
    controller.abort()
    await first
    await nothingLeft()
  })
})
