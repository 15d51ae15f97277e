import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { abort, finish, onlineStatus, start, switchTo } from '../../src/online/index.ts'
import type { OnlineEndReport } from '../../src/report/index.ts'
import { connectClient, queryOnce } from '../kit/index.ts'
import { expectRefusal } from '../migrate/support.ts'
import { pairOf, type StreamingPair } from './pair.ts'

/** All that a migration may have changed on a server that it reads from. */
async function fingerprint(url: string): Promise<string[]> {
  const rows = await queryOnce<{ line: string }>(
    url,
    `select format('table %s %s %s', c.oid::regclass, c.relreplident, c.relacl) as line from pg_class c where relkind in ('r', 'p', 'i', 'S')
     union all select format('schema %s %s', nspname, nspacl) from pg_namespace where nspname !~ '^pg_(toast|temp)'
     union all select format('publication %s', pubname) from pg_publication
     union all select format('subscription %s', subname) from pg_stat_subscription
     union all select format('slot %s', slot_name) from pg_replication_slots
     union all select format('origin %s', roname) from pg_replication_origin
     union all select format('setting %s %s %s', setdatabase, setrole, setconfig) from pg_db_role_setting
     union all select format('role %s %s %s', rolname, rolcanlogin, rolconnlimit) from pg_roles
     union all select format('database %s %s %s %s', datname, datacl, datconnlimit, datallowconn) from pg_database
     order by 1`,
  )
  return rows.map(({ line }) => line)
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
    const guard = /^setting .*default_transaction_read_only/u
    expect((await fingerprint(ends.source)).filter((line) => !guard.test(line))).toEqual(before)
    expect(await onlineStatus(ends)).toMatchObject({ leftovers: [{ side: 'source', kind: 'guard' }] })
    const identities = "select relname, relreplident from pg_class where relname in ('item', 'tag')"
    for (const row of await queryOnce(ends.target, identities)) expect(row).toMatchObject({ relreplident: 'd' })
    await queryOnce(ends.target, `insert into item values (7777, 'open')`)
  })
})
