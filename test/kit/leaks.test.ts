import { Client } from 'pg'
import { expect, test } from 'vitest'
import { freshDatabase, queryOnce, server } from './index.ts'
import { describeLeaks, lastingLeaks, presentLeaks } from './leaks.ts'
import type { Server } from './server.ts'

/** A session as the code under test opens it. */
async function openSession(url: string): Promise<Client & AsyncDisposable> {
  const client = new Client({ connectionString: url, application_name: 'pgleap worker 1' })
  client.on('error', () => {}) // a test drops the database under it
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

async function leaksOf(shared: Server): Promise<string> {
  return describeLeaks(shared, await lastingLeaks(shared, []))
}

test('a session that stays open is a leak', async () => {
  const shared = await server(17)
  await using session = await openSession(shared.url())
  await session.query('select 42')
  expect(await leaksOf(shared)).toMatch(/session \d+ of pgleap worker 1 in database postgres, idle: select 42/)
})

test('a session that was there before the test is none', async () => {
  const shared = await server(17)
  await using _session = await openSession(shared.url())
  const before = await presentLeaks(shared)
  expect(await lastingLeaks(shared, before)).toEqual([])
})

test('a session of the test itself is none', async () => {
  const shared = await server(17)
  await using client = new (class extends Client {
    [Symbol.asyncDispose] = (): Promise<void> => this.end()
  })({ connectionString: shared.url(), application_name: 'psql' })
  await client.connect()
  expect(await presentLeaks(shared)).toEqual([])
})

test('a session that ends a moment later is none', async () => {
  const shared = await server(17)
  const session = await openSession(shared.url())
  setTimeout(() => void session.end(), 300)
  expect(await lastingLeaks(shared, [])).toEqual([])
})

test('a replication slot is a leak', async () => {
  const shared = await server(17)
  await queryOnce(shared.url(), `select pg_create_logical_replication_slot('left', 'pgoutput')`)
  try {
    expect(await leaksOf(shared)).toContain('replication slot left in database postgres')
  } finally {
    await queryOnce(shared.url(), `select pg_drop_replication_slot('left')`)
  }
})

test('a prepared transaction is a leak', async () => {
  const shared = await server(17)
  await using session = await openSession(shared.url())
  await session.query(`begin; create table left_behind (); prepare transaction 'left'`)
  try {
    expect(await leaksOf(shared)).toContain(`prepared transaction 'left' in database postgres`)
  } finally {
    await session.query(`rollback prepared 'left'`)
  }
})

test('an exported snapshot is a leak, whoever exported it', async () => {
  const shared = await server(17)
  await using session = await openSession(shared.url())
  await session.query(`set application_name = 'other'; begin; select pg_export_snapshot()`)
  expect(await leaksOf(shared)).toMatch(/\n {2}exported snapshot [0-9A-F-]+$/)
})

test('a session that is left in a fresh database fails the test that made the database', async () => {
  const shared = await server(17)
  const database = await freshDatabase(shared)
  await using session = await openSession(database.url)
  await session.query('select 1')
  await expect(database[Symbol.asyncDispose]()).rejects.toThrow(/pgleap worker 1/)
  expect(await queryOnce(shared.url(), 'select from pg_database where datname = $1', [database.name])).toEqual([])
})
