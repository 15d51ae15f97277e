import { describe, expect, test } from 'vitest'
import { holdTables, listTables } from '../../src/catalog/index.ts'
import { connectClient, freshDatabase, server, startServer } from '../kit/index.ts'
import { open } from './sessions.ts'

const IN_SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'

describe('holding tables', () => {
  test('keeps them from being changed, dropped or truncated, and lets writes go on', async () => {
    await using database = await freshDatabase(await server(14))
    await using session = await open(database.url)
    await session.script(`
      CREATE TABLE public."A ""b" (id int) PARTITION BY LIST (id); CREATE TABLE public.c PARTITION OF public."A ""b" DEFAULT;
      CREATE MATERIALIZED VIEW public.m AS SELECT 1`)
    await session.script(IN_SNAPSHOT)
    await holdTables(session, await listTables(session), { lockTimeoutMs: 5000 })
    await database.query('INSERT INTO public.c VALUES (1)')
    await using other = await connectClient(database.url)
    await other.query(`SET lock_timeout = '50ms'`)
    for (const sql of ['DROP TABLE public."A ""b"', 'TRUNCATE public.c', 'ALTER TABLE public.c ADD x int']) {
      await expect(other.query(sql)).rejects.toMatchObject({ code: '55P03' })
    }
    await session.script('ROLLBACK')
  })

  test('names who is in the way, and keeps the snapshot', async () => {
    await using database = await freshDatabase(await server(14))
    await using session = await open(database.url)
    await session.script('CREATE TABLE public.a (id int); CREATE TABLE public.b (id int)')
    await using other = await connectClient(database.url)
    const pid = (await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid
    await other.query(`SET application_name = 'nightly'; BEGIN; ALTER TABLE public.b ADD secret text DEFAULT 'hunter2'`)
    await session.script(IN_SNAPSHOT)
    const before = await session.query('SELECT txid_current_snapshot()::text AS s')
    const error = await holdTables(session, await listTables(session), { lockTimeoutMs: 50 }).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'source.locked', party: 'source' })
    const who = `process ${String(pid)} (role postgres, application nightly, idle in transaction`
    expect(String(error)).toContain(`public.b by ${who}`)
    expect(String(error)).not.toContain('hunter2')
    expect(await session.query('SELECT txid_current_snapshot()::text AS s')).toEqual(before)
    await other.query('ROLLBACK')
    await holdTables(session, await listTables(session), { lockTimeoutMs: 5000 })
    expect(await session.query('SHOW lock_timeout')).toEqual([{ lock_timeout: '0' }])
    await session.script('ROLLBACK')
  })

  test('says so when a table is gone', async () => {
    await using database = await freshDatabase(await server(14))
    await using session = await open(database.url)
    await session.script('CREATE TABLE public.a (id int)')
    const tables = await listTables(session)
    await session.script('DROP TABLE public.a')
    await session.script(IN_SNAPSHOT)
    await expect(holdTables(session, tables, { lockTimeoutMs: 50 })).rejects.toMatchObject({
      code: 'source.table-gone',
    })
    await session.script('ROLLBACK')
  })

  test("says so when the server's lock table is full", async () => {
    const settings = { max_locks_per_transaction: '10', max_connections: '12' }
    await using small = await startServer({
      major: 14,
      settings: { ...settings, max_wal_senders: '1', max_prepared_transactions: '0' },
    })
    await using session = await open(small.url())
    await session.script(
      'DO $$ BEGIN FOR i IN 1..1500 LOOP EXECUTE format($q$CREATE TABLE public.t%s ()$q$, i); IF i % 20 = 0 THEN COMMIT; END IF; END LOOP; END $$',
    )
    await session.script(IN_SNAPSHOT)
    const held = holdTables(session, await listTables(session), { lockTimeoutMs: 5000 })
    await expect(held).rejects.toMatchObject({ code: 'source.lock-table-full' })
    await session.script('ROLLBACK')
  })
})
