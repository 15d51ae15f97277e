import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { abort, finish, onlineStatus, start, switchTo } from '../../src/online/index.ts'
import type { OnlineEndReport } from '../../src/report/index.ts'
import { connectClient, queryOnce } from '../kit/index.ts'
import { expectRefusal } from '../migrate/support.ts'
import { pairOf, type StreamingPair } from './pair.ts'

/** What the server itself changes in its catalogs without anybody's DDL, and what tells of rows alone. */
const VOLATILE = [
  'relpages',
  'reltuples',
  'relallvisible',
  'relallfrozen',
  'relfrozenxid',
  'relminmxid',
  'datfrozenxid',
  'datminmxid',
]

/**
 * All that a migration may have changed on a server that it reads from: every row of every catalog (roles with their passwords
 * and memberships, settings, privileges, owners, replica identities, publications, subscriptions, origins, extensions, ...),
 * slots, where sequences stand, and all rows of the tables.
 */
async function fingerprint(url: string): Promise<string[]> {
  await using client = await connectClient(url)
  const { rows: relations } = await client.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'S') and n.nspname !~ '^pg_(toast|temp)' and n.nspname <> 'information_schema'
       and c.relname not in ('pg_statistic', 'pg_statistic_ext_data') order by 1`,
  )
  const lines: string[] = []
  for (const { name } of relations) {
    const { rows } = await client.query<{ row: string }>(
      `select (to_jsonb(t) - $1::text[])::text as row from (select * from ${name}) t order by 1`,
      [VOLATILE],
    )
    lines.push(...rows.map(({ row }) => `${name} ${row}`))
  }
  const { rows: slots } = await client.query<{ slot_name: string }>(
    'select slot_name from pg_replication_slots order by 1',
  )
  return [...lines, ...slots.map(({ slot_name: slot }) => `slot ${slot}`)]
}

/** Runs what a report leaves to be done by hand. */
async function byHand(url: string, { byHand: rest }: OnlineEndReport, side: 'source' | 'target'): Promise<void> {
  await using client = await connectClient(url)
  await client.query('set default_transaction_read_only = off')
  for (const statement of rest.filter((one) => one.side === side).flatMap(({ sql }) => sql))
    await client.query(statement)
}

/** What was removed, with the migration's own number out of its name. */
const words = ({ removed }: OnlineEndReport) =>
  removed.map(({ side, what }) => `${side}: ${what}`.replaceAll(/[0-9a-f]{8}/gu, 'ID'))

describe('the end of an online migration', { timeout: 240_000 }, () => {
  let pair: StreamingPair
  let before: string[]
  let databases = 0

  beforeAll(async () => {
    pair = await pairOf(14, 17)
    before = await fingerprint(pair.source.url)
  }, 120_000)

  afterAll(() => pair[Symbol.asyncDispose](), 60_000)

  /** A stream into a new database of the target. */
  async function streamed(): Promise<{ source: string; target: string }> {
    const { server } = pair.target
    databases += 1
    const name = `app_${String(databases)}`
    await queryOnce(server.url(), `create database ${name}`)
    const ends = { source: pair.source.url, target: server.url(name) }
    await start({ ...ends, until: 'streaming' })
    return ends
  }

  test('abort lists what it removed, and leaves the source as it was', async () => {
    const ends = await streamed()
    await expectRefusal(finish(ends), 'online.finish-early', 'usage')
    expect(await fingerprint(ends.source)).not.toEqual(before)
    const report = await abort(ends)
    expect(report).toMatchObject({ kept: 'source', byHand: [], closed: [] })
    expect(words(report)).toEqual(
      expect.arrayContaining([
        'source: replication slot pgleap_ID',
        'source: publication pgleap_ID',
        'source: replica identity of public.tag, set back',
        'target: subscription pgleap_ID',
        'target: setting default_transaction_read_only = on',
        'target: schema pgleap_online',
      ]),
    )
    expect(await fingerprint(ends.source)).toEqual(before)
    expect(await onlineStatus(ends)).toEqual({ state: 'none', looked: ['source', 'target'], leftovers: [] })
    await expectRefusal(abort(ends), 'online.none', 'usage')
  })

  test('abort leaves a replica identity that another migration of the same table needs', async () => {
    const first = await streamed()
    const second = await streamed()
    const words = (await abort(first)).removed.map(({ what }) => what).join('\n')
    expect(words).toMatch(
      /replica identity of public\.tag stays, as pgleap_[0-9a-f]{8} needs it; after that: ALTER TABLE/u,
    )
    // Without it the application would be refused.
    await queryOnce(first.source, `insert into tag values ('both', 1)`)
    await queryOnce(first.source, `update tag set n = 2`)
    await abort(second)
    await queryOnce(first.source, 'delete from tag')
    await queryOnce(first.source, 'alter table tag replica identity default')
    expect(await fingerprint(first.source)).toEqual(before)
  })

  test('abort goes on where an earlier one was killed', async () => {
    const ends = await streamed()
    await queryOnce(ends.target, 'set default_transaction_read_only = off')
    await using client = await connectClient(ends.target)
    const [row] = await queryOnce<{ id: string }>(ends.target, 'select id from pgleap_online.migration')
    const name = `pgleap_${row?.id ?? ''}`
    await client.query('set default_transaction_read_only = off')
    await client.query(`alter subscription ${name} disable`)
    await client.query(`alter subscription ${name} set (slot_name = none)`)
    await client.query(`drop subscription ${name}`)
    await queryOnce(ends.source, `drop publication ${name}`)
    await abort(ends)
    expect(await fingerprint(ends.source)).toEqual(before)
  })

  test('with the target gone the source is set back, and the rest is SQL', async () => {
    const ends = await streamed()
    await pair.target.server.stop('immediate')
    const { target } = ends
    await expectRefusal(abort({ target, targetGone: 'gone' }), 'online.source-needed', 'usage')
    const report = await abort({ ...ends, targetGone: 'gone' })
    await pair.target.server.start()
    expect(words(report)).toContain('source: slot pgleap_ID')
    await byHand(ends.source, report, 'source')
    await byHand(target, report, 'target')
    expect(await fingerprint(ends.source)).toEqual(before)
    expect(await onlineStatus(ends)).toMatchObject({ state: 'none', leftovers: [] })
  })

  test('with the source gone the target is cleaned up, and the rest is SQL', async () => {
    const ends = await streamed()
    await pair.source.server.stop('immediate')
    const report = await abort({ target: ends.target, sourceGone: 'gone' })
    expect(words(report)).toContain('target: subscription pgleap_ID')
    await pair.source.server.start()
    await byHand(ends.source, report, 'source')
    expect(await fingerprint(ends.source)).toEqual(before)
    expect(await onlineStatus(ends)).toMatchObject({ state: 'none', leftovers: [] })
  })

  test('finish keeps the target, and the source stays closed until it is said otherwise', async () => {
    const ends = await streamed()
    await switchTo('target', ends)
    await expectRefusal(abort(ends), 'online.abort-late', 'usage')
    const report = await finish(ends)
    expect(report).toMatchObject({ kept: 'target', byHand: [], closed: ['source'] })
    const guard = /^pg_catalog.pg_db_role_setting .*default_transaction_read_only/u
    expect((await fingerprint(ends.source)).filter((line) => !guard.test(line))).toEqual(before)
    expect(await onlineStatus(ends)).toMatchObject({ leftovers: [{ side: 'source', kind: 'guard' }] })
    const identities = "select relname, relreplident from pg_class where relname in ('item', 'tag')"
    for (const row of await queryOnce(ends.target, identities)) expect(row).toMatchObject({ relreplident: 'd' })
    await queryOnce(ends.target, `insert into item values (7777, 'open')`)
  })

  test('finish that reopens the source leaves it as it was', async () => {
    await queryOnce(pair.source.server.url(), 'alter database app reset default_transaction_read_only')
    const ends = await streamed()
    await switchTo('target', ends)
    expect(await finish({ ...ends, reopenSource: 'reopen' })).toMatchObject({ kept: 'target', closed: [] })
    expect(await fingerprint(ends.source)).toEqual(before)
    expect(await onlineStatus(ends)).toEqual({ state: 'none', looked: ['source', 'target'], leftovers: [] })
  })
})
