import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Event, migrate } from '../../../src/index.ts'
import {
  type FreshDatabase,
  type OwnServer,
  connectClient,
  freshDatabase,
  queryOnce,
  startServer,
} from '../../kit/index.ts'
import { PART_SIZE, QUIET, presence, tables } from './scene.ts'

/** Moves money between rows of two tables, and adds and removes rows, until it is stopped. */
async function write(database: FreshDatabase, signal: AbortSignal): Promise<void> {
  await using client = await connectClient(database.url)
  for (let n = 0; !signal.aborted; n += 1) {
    const amount = 1 + (n % 7)
    await client.query('begin')
    await client.query('update f.accounts set amount = amount - $1 where id = $2', [amount, n % 2000])
    await client.query('update f.savings set amount = amount + $1 where id = $2', [amount, (n * 31) % 2000])
    await client.query(`insert into f.big (k, payload) values (-1, 'new')`)
    await client.query('delete from f.big where id = $1', [1001 + ((n * 97) % 10_000)])
    await client.query('commit')
    await sleep(1)
  }
}

const MONEY = `
  create table f.accounts (id int primary key, amount bigint, filler text);
  create table f.savings (id int primary key, amount bigint, filler text);
  insert into f.accounts select i, 1000, repeat('x', 900) from generate_series(0, 1999) i;
  insert into f.savings select i, 1000, repeat('x', 900) from generate_series(0, 1999) i;`

test('the target shows one moment of a source that is written to, and the tables that went on are named', async () => {
  await using from = await startServer({ major: 14, settings: QUIET })
  await using to = await startServer({ major: 17 })
  await using source = await freshDatabase(from)
  await using target = await freshDatabase(to)
  await source.query(tables({ rows: 20_000 }) + MONEY)

  const stop = new AbortController()
  const writing = write(source, stop.signal)
  const report = await migrate({ source: source.url, target: target.url, jobs: 3, partSize: PART_SIZE })
  stop.abort()
  await writing

  expect(report).toMatchObject({ failures: [], blocked: [], verdict: 'SAME' })
  const written = report.sourceWrites.map(({ table }) => table)
  expect(written.toSorted()).toEqual(['f.accounts', 'f.big', 'f.savings'])
  expect(report.sourceWrites.every(({ rows }) => rows > 0)).toBe(true)
  expect(report.notices).toContainEqual(
    expect.objectContaining({
      level: 'warning',
      code: 'source.written',
      message: expect.stringContaining('f.savings'),
    }),
  )
  const [sum] = await target.query<{ money: number }>(
    'select ((select sum(amount) from f.accounts) + (select sum(amount) from f.savings))::int as money',
  )
  expect(sum).toEqual({ money: 4_000_000 })
  // Each transaction added one row and took one, or none, away: rows of different moments would not go together.
  const [rows] = await target.query<{ added: number; moved: number }>(
    `select (select count(*)::int from f.big where k = -1) as added,
       (select sum(2000000 - total)::int from (select sum(amount) as total from f.accounts) a) as moved`,
  )
  let moved = 0
  for (let n = 0; n < (rows?.added ?? 0); n += 1) moved += 1 + (n % 7)
  expect(rows).toEqual({ added: rows?.added, moved })
})

test('a sequence that is behind where it stood at the snapshot is a difference, though the source goes on', async () => {
  await using from = await startServer({ major: 14, settings: QUIET })
  await using to = await startServer({ major: 17 })
  await using source = await freshDatabase(from)
  await using target = await freshDatabase(to)
  // On the target alone, the view sets it back after it has been carried over.
  await source.query(
    `create sequence counter; create sequence other; select setval('counter', 500), setval('other', 500);
     create materialized view setback as select case when current_setting('server_version_num')::int >= 170000
       then setval('counter', 1, false) end as at`,
  )
  const stop = new AbortController()
  const drawing = (async () => {
    await using client = await connectClient(source.url)
    while (!stop.signal.aborted) {
      await client.query(`select nextval('counter'), nextval('other'), pg_current_xact_id()`)
      await sleep(1)
    }
  })()
  const report = await migrate({ source: source.url, target: target.url })
  stop.abort()
  await drawing
  expect(report).toMatchObject({ failures: [], verdict: 'DIFFERENT' })
  expect(report.differences.map(({ object }) => object)).toEqual(['public.counter'])
})

/** Everything about a server and its databases that could be left changed by a visitor. */
async function fingerprint(server: OwnServer, databases: string[]): Promise<string[]> {
  const lines: string[] = []
  for (const database of databases) {
    await using client = await connectClient(server.url(database))
    const { rows: catalogs } = await client.query<{ name: string }>(
      `select relname::text as name from pg_class
       where relkind = 'r' and relnamespace = 'pg_catalog'::regnamespace order by 1`,
    )
    for (const { name } of catalogs) {
      const { rows } = await client.query<{ line: string }>(
        `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '' order by t::text)), '') as line
         from pg_catalog.${name} t`,
      )
      lines.push(`${database} ${name} ${rows[0]?.line}`)
    }
    const others = {
      settings: `select name, setting, source, reset_val from pg_settings where name !~ '^(application_name|transaction_|in_hot)' order by 1`,
      transactions: 'select pg_current_snapshot()::text',
      prepared: 'select gid from pg_prepared_xacts',
      slots: 'select slot_name from pg_replication_slots',
      snapshots: `select pg_ls_dir('pg_snapshots')`,
      locks: `select relation::regclass, mode from pg_locks where pid <> pg_backend_pid()`,
      files: `select pg_ls_dir from pg_ls_dir('.') order by 1`,
      configuration: `select md5(pg_read_file('postgresql.auto.conf'))`,
    }
    for (const [name, sql] of Object.entries(others)) {
      lines.push(`${database} ${name} ${JSON.stringify((await client.query(sql)).rows)}`)
    }
  }
  return lines
}

test('the source is after a migration as it was before, down to its transaction ids', async () => {
  await using from = await startServer({ major: 14, settings: QUIET })
  await using to = await startServer({ major: 17 })
  await using source = await freshDatabase(from)
  await using target = await freshDatabase(to)
  await source.query(tables({ rows: 5000 }))
  await source.query('analyze')
  const databases = ['postgres', source.name]
  const before = await fingerprint(from, databases)
  const events: Event[] = []
  const report = await migrate({
    source: source.url,
    target: target.url,
    partSize: PART_SIZE,
    onEvent: (event) => events.push(event),
  })
  expect(report.verdict).toBe('SAME')
  expect(report.sourceWrites).toEqual([])
  await expect.poll(() => presence(from)).toEqual([])
  expect(await fingerprint(from, databases)).toEqual(before)
})

async function settings(server: OwnServer, database: string): Promise<unknown[]> {
  return queryOnce(
    server.url(database),
    `select name, setting, source, (select jsonb_agg(s) from pg_db_role_setting s) as kept
     from pg_settings where name !~ '^(application_name|transaction_|in_hot)' order by 1`,
  )
}

test('our session settings leave no trace on the target', async () => {
  await using from = await startServer({ major: 14, settings: QUIET })
  await using to = await startServer({ major: 17 })
  await using source = await freshDatabase(from)
  await using target = await freshDatabase(to)
  await source.query(tables({ rows: 1000 }))
  const before = await settings(to, target.name)
  await migrate({ source: source.url, target: target.url })
  expect(await settings(to, target.name)).toEqual(before)
})
