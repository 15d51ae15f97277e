import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { connect, parseConnection } from '../../src/connection/index.ts'
import { lockTables } from '../../src/online/freeze.ts'
import { freshDatabase, startServer } from '../kit/index.ts'

test(
  'an autovacuum that goes on for minutes does not keep the tables from being locked',
  { timeout: 120_000 },
  async () => {
    await using server = await startServer({ major: 17, settings: { autovacuum_naptime: '1s' } })
    await using database = await freshDatabase(server)
    await database.query('create table busy (id int, filling text) with (autovacuum_enabled = off)')
    await database.query(`insert into busy select n, repeat('x', 500) from generate_series(1, 50000) n`)
    await database.query('delete from busy')
    await database.query(`alter table busy set (autovacuum_enabled = on, autovacuum_vacuum_threshold = 0,
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)`)
    const vacuuming = () =>
      database.query(`select 1 from pg_locks l join pg_stat_activity a using (pid)
      where a.backend_type = 'autovacuum worker' and l.relation = 'busy'::regclass`)
    while ((await vacuuming()).length === 0) await sleep(100)

    const open = () => connect(parseConnection(database.url, { env: {} }), { side: 'source', purpose: 'test' })
    await using locker = await open()
    await using watcher = await open()
    await lockTables(locker, watcher, { graceMs: 60_000, signal: AbortSignal.timeout(30_000) })
    expect(await vacuuming()).toEqual([])
    await locker.script('ROLLBACK')
  },
)
