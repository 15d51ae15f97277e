import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { DatabaseError, type Session } from '../../src/connection/index.ts'
import { connectClient, faultProxy, freshDatabase, freshRole, server, startServer } from '../kit/index.ts'
import { dump, failure, session } from './support.ts'

/** Waits until a session of pgleap waits for a lock in the database. */
async function untilBlocked(query: (sql: string) => Promise<object[]>): Promise<void> {
  const sql = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  while ((await query(sql)).length === 0) await sleep(20)
}

describe('a dump that cannot be made', () => {
  test('tells the object and the right that is missing in the words of the server', async () => {
    const on = await server(17)
    await using role = await freshRole(on)
    await using database = await freshDatabase(on)
    await database.query('create table secrets (id int)')
    const error = await failure(dump(database.urlFor(role.name)))
    expect(error).toBeInstanceOf(DatabaseError)
    expect(error).toMatchObject({
      code: 'source.no-privilege',
      party: 'source',
      message: 'The source says: permission denied for table secrets',
      server: { sqlstate: '42501' },
      statement: expect.stringContaining('LOCK TABLE public.secrets'),
    })
    expect(error.cause).toMatchObject({ message: expect.stringContaining('pg_dump: error: query failed') })
  })

  test('gives up on a lock after the time that it is told', async () => {
    await using database = await freshDatabase(await server(17))
    await database.query('create table busy (id int)')
    await using other = await connectClient(database.url)
    await other.query('begin; lock table busy in access exclusive mode')
    const error = await failure(dump(database.url, { args: ['--lock-wait-timeout=50ms'] }))
    expect(error).toMatchObject({ code: 'source.cancelled', server: { sqlstate: '57014' } })
  })

  test('is cancelled on the server when the signal fires, and leaves no session there', async () => {
    await using database = await freshDatabase(await server(17))
    await database.query('create table busy (id int)')
    await using other = await connectClient(database.url)
    await other.query('begin; lock table busy in access exclusive mode')
    const controller = new AbortController()
    const failed = failure(dump(database.url, { signal: controller.signal }))
    await untilBlocked((sql) => database.query(sql))
    controller.abort()
    expect(await failed).toMatchObject({ code: 'run.interrupted', party: 'interrupted' })
    const left = `select from pg_stat_activity where datname = current_database() and application_name like 'pgleap%'`
    while ((await database.query(left)).length > 0) await sleep(20)
  })

  test('is not begun where the signal has fired already', async () => {
    await using database = await freshDatabase(await server(17))
    const error = await failure(dump(database.url, { signal: AbortSignal.abort() }))
    expect(error.code).toBe('run.interrupted')
  })

  test('ends when the server goes away, and says what the server said last', async () => {
    await using own = await startServer({ major: 17 })
    await using other = await connectClient(own.url())
    await other.query('create table busy (id int)')
    await other.query('begin; lock table busy in access exclusive mode')
    const failed = failure(dump(own.url()))
    await using watch = await connectClient(own.url())
    await untilBlocked(async (sql) => (await watch.query(sql)).rows)
    await own.stop('fast')
    expect(await failed).toMatchObject({ code: 'source.shut-down', server: { sqlstate: '57P01' } })
  })

  test.each([100, 5000, 50_000])('ends when the connection is cut after %i bytes', async (bytes) => {
    const on = await server(17)
    await using proxy = await faultProxy(on.port)
    await using database = await freshDatabase(on)
    const error = await failure(
      dump(database.url, {
        open: async (signal) => {
          const opened = await session(proxy.url(database.url), signal)
          proxy.cutAfter(bytes, 'down')
          return opened
        },
      }),
    )
    expect(error).toMatchObject({ code: 'connection.lost', party: 'source' })
  })

  test('says what pg_dump says where the server is not at fault', async () => {
    await using database = await freshDatabase(await server(17))
    const error = await failure(dump(database.url, { args: ['--strict-names', '--table=nothing'] }))
    expect(error).toMatchObject({
      code: 'pgdump.failed',
      message: expect.stringContaining('no matching tables were found for pattern "nothing"'),
    })
    const unknown = await failure(dump(database.url, { args: ['--no-such-option'] }))
    expect(unknown).toMatchObject({ code: 'pgdump.failed', message: expect.stringContaining('no-such-option') })
  })

  test.each([
    [190_001, 'pgdump.server-newer', '--pg-dump'],
    [90_124, 'pgdump.server-older', 'in between'],
  ])('is refused for a server that says it is %i', async (version, code, hint) => {
    await using database = await freshDatabase(await server(17))
    const error = await failure(
      dump(database.url, {
        open: async (signal): Promise<Session> => {
          const opened = await session(database.url, signal)
          const other = { version: { value: version }, major: { value: Math.floor(version / 10_000) } }
          return Object.defineProperties(opened, other)
        },
      }),
    )
    expect(error.code).toBe(code)
    expect(error.hint).toContain(hint)
  })
})
