import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ConnectOptions, Notice } from '../../src/connection/index.ts'
import { DatabaseError, connect, isConnectionLost, isRetryable, parseConnection } from '../../src/connection/index.ts'
import { parseArray } from '../../src/connection/types.ts'
import { PgleapError } from '../../src/errors.ts'
import { connectClient, faultProxy, freshDatabase, server } from '../kit/index.ts'

function open(url: string, options: Partial<ConnectOptions> = {}) {
  return connect(parseConnection(url, { env: {} }), { side: 'source', purpose: 'session test', ...options })
}

test('values arrive as documented: what JavaScript holds exactly as itself, the rest as text', async () => {
  await using session = await open((await server(17)).url())
  const [row] = await session.query(
    `select 9007199254740991::int8 as int8, 4000000000::oid as oid, 1.10::numeric as "numeric", 'NaN'::float8 as nan,
       true as yes, null::int as nothing, date '2020-01-02' as date, '{"a":[1]}'::jsonb as json, '\\x0001'::bytea as bytes,
       '{1,NULL,3}'::int8[] as numbers, '{{"a,b","NULL"},{NULL,"\\"q\\\\"}}'::text[] as texts, '{t,f}'::bool[] as flags,
       '1 2'::int2vector as vector, '{x,y}'::name[] as names, $1::text as given, $2::int[] as list`,
    ['it', [4, 5]],
  )
  expect(row).toEqual({
    int8: 9_007_199_254_740_991,
    oid: 4_000_000_000,
    numeric: '1.10',
    nan: NaN,
    yes: true,
    nothing: null,
    date: '2020-01-02',
    json: { a: [1] },
    bytes: Buffer.from([0, 1]),
    numbers: [1, null, 3],
    texts: [
      ['a,b', 'NULL'],
      [null, '"q\\'],
    ],
    flags: [true, false],
    vector: [1, 2],
    names: ['x', 'y'],
    given: 'it',
    list: [4, 5],
  })
})

test('an integer that JavaScript would round is an error, not a wrong number', async () => {
  await using session = await open((await server(17)).url())
  await expect(session.query('select 9007199254740993::int8')).rejects.toMatchObject({
    code: 'internal.unsafe-integer',
  })
  expect(await session.query('select 1 as one')).toEqual([{ one: 1 }])
})

test('any texts survive the way through an array', async () => {
  await using session = await open((await server(17)).url())
  const text = fc.string({ unit: fc.constantFrom(...Array.from(`ab{}",\\ N U L\n'é`)), maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(text), { maxLength: 6 }), async (texts) => {
      expect(await session.query('select $1::text[] as texts', [texts])).toEqual([{ texts }])
    }),
    { numRuns: 50 },
  )
  expect(parseArray('[0:1]={a,b}', String)).toEqual(['a', 'b'])
})

test('an error keeps every field that the server sent, and the statement', async () => {
  await using db = await freshDatabase(await server(17))
  await using session = await open(db.url)
  await session.script('create schema s; create table s.t (id int constraint positive check (id > 0))')
  const sql = 'insert into s.t values ($1)'
  const error = await session.query(sql, [-1]).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(DatabaseError)
  expect(error).toMatchObject({
    code: 'source.refused',
    party: 'source',
    side: 'source',
    statement: sql,
    server: { severity: 'ERROR', sqlstate: '23514', schema: 's', table: 't', constraint: 'positive' },
  })
  expect([isRetryable(error), isConnectionLost(error)]).toEqual([false, false])
})

test('a script runs many statements in one go, drops their rows, and stops at the first error', async () => {
  await using db = await freshDatabase(await server(17))
  await using session = await open(db.url)
  await session.script(
    'create table public.t (id int); select generate_series(1, 100000); insert into public.t values (1);',
  )
  const broken = 'insert into public.t values (2); select 1/0; insert into public.t values (3)'
  await expect(session.script(broken)).rejects.toMatchObject({ server: { sqlstate: '22012' } })
  await expect(session.script('copy public.t from stdin')).rejects.toMatchObject({ server: { sqlstate: '57014' } })
  expect(await session.query('select id from public.t')).toEqual([{ id: 1 }])
  await session.script('')
})

test('what is asked at the same time is done one after the other', async () => {
  await using session = await open((await server(17)).url())
  const answers = await Promise.all([
    session.query('select 1 as n from pg_sleep(0.05)'),
    session.query('select 1/0').catch(() => 'error'),
    session.script('select 2'),
    session.query('select 3 as n'),
  ])
  expect(answers).toEqual([[{ n: 1 }], 'error', undefined, [{ n: 3 }]])
})

test('several statements are for script, not for query', async () => {
  await using session = await open((await server(17)).url())
  await expect(session.query('select 1; select 2')).rejects.toMatchObject({ code: 'internal.several-statements' })
})

test('a session whose process ends while it is idle is broken, says why, and harms nobody', async () => {
  const pg = await server(17)
  await using session = await open(pg.url())
  await using admin = await connectClient(pg.url())
  await admin.query('select pg_terminate_backend($1)', [session.pid])
  await expect.poll(() => session.broken).toBe(true)
  const error = await session.query('select 1').catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'connection.lost', party: 'source' })
  expect([isRetryable(error), isConnectionLost(error)]).toEqual([true, true])
  await expect(session.script('select 1')).rejects.toMatchObject({ code: 'connection.lost' })
  await expect(session.withSocket(async () => {})).rejects.toMatchObject({ code: 'connection.lost' })
  await session.cancel()
})

test('a session whose process ends in a statement gives the server’s own words', async () => {
  await using session = await open((await server(17)).url())
  const error = await session.query('select pg_terminate_backend(pg_backend_pid())').catch((error: unknown) => error)
  expect(error).toMatchObject({ code: 'source.shut-down', server: { sqlstate: '57P01' } })
  expect([isRetryable(error), isConnectionLost(error), session.broken]).toEqual([true, true, true])
})

test('a cut network is a retryable error, and closing the session ends what the server was doing for it', async () => {
  const pg = await server(17)
  await using proxy = await faultProxy(pg.port)
  await using session = await open(proxy.url(pg.url()))
  const waiting = session.query('select pg_sleep(60)').catch((error: unknown) => error)
  await sleep(50)
  proxy.cut()
  const error = await waiting
  expect(error).toMatchObject({ code: 'connection.lost' })
  expect([isRetryable(error), isConnectionLost(error), session.broken]).toEqual([true, true, true])
})

test('a server ends by itself what it does for a client that is gone', async () => {
  await using database = await freshDatabase(await server(14))
  await using proxy = await faultProxy(database.server.port)
  const check = { client_connection_check_interval: '50ms' }
  await using session = await open(proxy.url(database.url), { settings: check })
  await using watcher = await open(database.url)
  expect(await watcher.query('show client_connection_check_interval')).toEqual([
    { client_connection_check_interval: '10s' },
  ])
  const sleeping = session.query('select pg_sleep(60)')
  const lost = sleeping.catch((error: unknown) => error)
  const running = 'select from pg_stat_activity where pid = $1 and wait_event = $$PgSleep$$'
  while ((await watcher.query(running, [session.pid])).length === 0) await sleep(10)
  proxy.cut()
  expect(await lost).toMatchObject({ code: 'connection.lost' })
  while ((await watcher.query(running, [session.pid])).length > 0) await sleep(10)
})

test('contention is retryable without the connection being lost', async () => {
  await using db = await freshDatabase(await server(17))
  await using one = await open(db.url)
  await using two = await open(db.url)
  await one.script('create table public.t ()')
  await one.script('begin; lock table public.t')
  const error = await two.script("set lock_timeout = '10ms'; lock table public.t").catch((error: unknown) => error)
  expect(error).toMatchObject({ server: { sqlstate: '55P03' } })
  expect([isRetryable(error), isConnectionLost(error), two.broken]).toEqual([true, false, false])
  expect(isRetryable(new PgleapError({ code: 'x', message: 'x', party: 'internal', cause: error }))).toBe(true)
})

test('aborting the signal cancels what runs at that moment, and the session goes on', async () => {
  const stop = new AbortController()
  await using session = await open((await server(17)).url(), { signal: stop.signal })
  const sleeping = session.query('select pg_sleep(60)').catch((error: unknown) => error)
  await sleep(50)
  stop.abort()
  expect(await sleeping).toMatchObject({ code: 'source.cancelled', server: { sqlstate: '57014' } })
  expect(await session.query('select 1 as one')).toEqual([{ one: 1 }])
})

test('closing a session that is busy ends the work on the server, too', async () => {
  await using db = await freshDatabase(await server(17))
  const session = await open(db.url)
  const sleeping = session.query('select pg_sleep(60)').catch((error: unknown) => error)
  await sleep(50)
  await session.close()
  await session.close()
  await expect(session.query('select 1')).rejects.toMatchObject({ code: 'connection.lost' })
  expect(await sleeping).toBeInstanceOf(PgleapError)
  // The database's own leak check sees that no session is left.
})

test('notices reach whoever asked for them', async () => {
  const notices: Notice[] = []
  await using session = await open((await server(17)).url(), { onNotice: (notice) => notices.push(notice) })
  await session.script(`do $$ begin raise warning 'look out' using detail = 'there', errcode = '01234'; end $$`)
  expect(notices).toEqual([{ severity: 'WARNING', sqlstate: '01234', message: 'look out', detail: 'there' }])
})

test('a lent socket is quiet, is taken back, and the session goes on', async () => {
  await using session = await open((await server(17)).url())
  const types = await session.withSocket(async (socket) => {
    const query = Buffer.from('select 1\0')
    const header = Buffer.from([0x51, 0, 0, 0, query.length + 4])
    socket.write(Buffer.concat([header, query]))
    const [answer]: unknown[] = await once(socket, 'data')
    return answer instanceof Buffer ? [answer.toString('latin1', 0, 1), answer.toString('latin1').at(-6)] : []
  })
  expect(types).toEqual(['T', 'Z'])
  expect(await session.query('select 1 as one')).toEqual([{ one: 1 }])
  await session.withSocket(async (socket) => void socket.pause())
  expect(await session.query('select 2 as two')).toEqual([{ two: 2 }])
})

test('after an error of nobody’s the lent socket is destroyed, for nobody knows where the talk stands', async () => {
  await using session = await open((await server(17)).url())
  await expect(session.withSocket(() => Promise.reject(new TypeError('oops')))).rejects.toThrow(TypeError)
  await expect.poll(() => session.broken).toBe(true)
})

test('after a PgleapError the lent socket is at rest, and the session goes on', async () => {
  await using session = await open((await server(17)).url())
  const known = new PgleapError({ code: 'x', message: 'known', party: 'internal' })
  await expect(session.withSocket(() => Promise.reject(known))).rejects.toBe(known)
  expect(await session.query('select 1 as one')).toEqual([{ one: 1 }])
})
