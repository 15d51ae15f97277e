import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Session, Side } from '../../src/connection/index.ts'
import { DatabaseError, connect, isConnectionLost, isRetryable, parseConnection } from '../../src/connection/index.ts'
import type { RelayOptions } from '../../src/wire/index.ts'
import { relay } from '../../src/wire/index.ts'
import { CertificateAuthority, faultProxy, freshDatabase, server, startServer } from '../kit/index.ts'

function open(url: string, side: Side): Promise<Session> {
  return connect(parseConnection(url, { env: {} }), { side, purpose: 'relay test' })
}

/** Two databases with the same empty tables, and a session on each. */
async function pair() {
  const from = await freshDatabase(await server(14))
  const to = await freshDatabase(await server(17))
  const source = await open(from.url, 'source')
  const target = await open(to.url, 'target')
  const schema = `create table public.t (id int primary key, body text); create table public.wide (body text)`
  await source.script(schema)
  await target.script(schema)
  return {
    from,
    to,
    source,
    target,
    async [Symbol.asyncDispose]() {
      await source.close()
      await target.close()
      await from[Symbol.asyncDispose]()
      await to[Symbol.asyncDispose]()
    },
  }
}

function copyOf(table: string, format: 'text' | 'binary' = 'text'): RelayOptions {
  return {
    copyOutSql: `COPY public.${table} TO STDOUT (FORMAT ${format})`,
    copyInSql: `COPY public.${table} FROM STDIN (FORMAT ${format})`,
  }
}

async function fill(session: Session, rows: number, bodyBytes = 20): Promise<void> {
  const sql = `insert into public.t select i, repeat('x', $2::int) from generate_series(1, $1::int) i`
  await session.query(sql, [rows, bodyBytes])
}

const count = async (session: Session, table = 't') => {
  const [row] = await session.query<{ n: number }>(`select count(*) as n from public.${table}`)
  return row?.n
}

/** Both sessions answer, and a copy goes through them: nothing of the failed one is left in their sockets. */
async function expectUsable(source: Session, target: Session): Promise<void> {
  await target.script('rollback')
  await target.script('truncate public.t')
  const total = await count(source)
  await expect(relay(source, target, copyOf('t'))).resolves.toMatchObject({ rows: total })
  expect(await count(target)).toBe(total)
}

for (const format of ['text', 'binary'] as const) {
  test(`rows arrive and are counted exactly in ${format} format`, async () => {
    await using pg = await pair()
    await fill(pg.source, 1234)
    const progress: [number, number][] = []
    const options = {
      ...copyOf('t', format),
      onProgress: (bytes: number, rows: number) => progress.push([bytes, rows]),
    }
    const result = await relay(pg.source, pg.target, options)
    expect(result.rows).toBe(1234)
    expect(progress.at(-1)).toEqual([result.bytes, result.rows])
    const sum = 'select sum(hashtext(t::text)) as h from public.t as t'
    expect(await pg.target.query(sum)).toEqual(await pg.source.query(sum))
  })

  test(`a table without rows is copied in ${format} format`, async () => {
    await using pg = await pair()
    await expect(relay(pg.source, pg.target, copyOf('t', format))).resolves.toMatchObject({ rows: 0 })
    await expectUsable(pg.source, pg.target)
  })
}

test('one row of 50 MB passes', async () => {
  await using pg = await pair()
  await pg.source.query(`insert into public.wide values (repeat('0123456789', 5000000))`)
  const result = await relay(pg.source, pg.target, copyOf('wide', 'binary'))
  expect(result.rows).toBe(1)
  expect(result.bytes).toBeGreaterThan(50_000_000)
  expect(await pg.target.query('select length(body) as n from public.wide')).toEqual([{ n: 50_000_000 }])
})

test('a million narrow rows pass without one allocation for each', async () => {
  await using pg = await pair()
  await pg.source.script('insert into public.t select i from generate_series(1, 1000000) i')
  await pg.target.script('alter table public.t drop constraint t_pkey')
  await expect(relay(pg.source, pg.target, copyOf('t'))).resolves.toMatchObject({ rows: 1_000_000 })
  expect(await count(pg.target)).toBe(1_000_000)
})

test('notices and parameter changes inside of the stream do not harm it', async () => {
  await using pg = await pair()
  await pg.source.script(`set client_min_messages = notice;
    create function public.loud(int) returns int language plpgsql as
      $$ begin raise notice 'row %', $1; perform set_config('application_name', 'pgleap: row ' || $1, false); return $1; end $$`)
  const copyOutSql = `COPY (SELECT public.loud(i), repeat('y', i) FROM generate_series(1, 2000) i) TO STDOUT`
  await expect(relay(pg.source, pg.target, { ...copyOf('t'), copyOutSql })).resolves.toMatchObject({ rows: 2000 })
})

test('an error of the source in the middle is the one reported, and both sessions go on', async () => {
  await using pg = await pair()
  await fill(pg.source, 10)
  await pg.target.script('begin')
  const copyOutSql = `COPY (SELECT i, repeat('z', 100 / (5000 - i)) FROM generate_series(1, 9000) i) TO STDOUT`
  const error = await relay(pg.source, pg.target, { ...copyOf('t'), copyOutSql }).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(DatabaseError)
  expect(error).toMatchObject({ side: 'source', server: { sqlstate: '22012' }, statement: copyOutSql })
  // The target's transaction is aborted: nothing of the half can be committed.
  await expect(pg.target.query('select 1')).rejects.toMatchObject({ server: { sqlstate: '25P02' } })
  await expectUsable(pg.source, pg.target)
})

test('a source that refuses at once is reported, and both sessions go on', async () => {
  await using pg = await pair()
  await fill(pg.source, 10)
  const copyOutSql = 'COPY public.nowhere TO STDOUT'
  await expect(relay(pg.source, pg.target, { ...copyOf('t'), copyOutSql })).rejects.toMatchObject({
    side: 'source',
    server: { sqlstate: '42P01' },
  })
  await expectUsable(pg.source, pg.target)
})

test('a target that refuses at once is reported, the source is stopped, and both sessions go on', async () => {
  await using pg = await pair()
  await fill(pg.source, 200_000)
  const copyInSql = 'COPY public.nowhere FROM STDIN'
  await expect(relay(pg.source, pg.target, { ...copyOf('t'), copyInSql })).rejects.toMatchObject({
    side: 'target',
    server: { sqlstate: '42P01' },
  })
  await expectUsable(pg.source, pg.target)
})

test('an error of the target in the middle is the one reported, the source is stopped, and both sessions go on', async () => {
  await using pg = await pair()
  await fill(pg.source, 100_000, 200)
  await pg.target.script('insert into public.t values (50000)')
  await expect(relay(pg.source, pg.target, copyOf('t'))).rejects.toMatchObject({
    side: 'target',
    server: { sqlstate: '23505', constraint: 't_pkey', table: 't' },
  })
  await expectUsable(pg.source, pg.target)
})

test('a target that fails inside of a huge row still gets the end of its frame', async () => {
  await using pg = await pair()
  await fill(pg.source, 10)
  // The second column is too much for the table, which the target only sees when the whole row is there; the first
  // row is refused before that.
  const copyOutSql = `COPY (SELECT x FROM (VALUES ('not a number'), (repeat('7', 30000000))) v(x)) TO STDOUT`
  const copyInSql = 'COPY public.t (id) FROM STDIN'
  await expect(relay(pg.source, pg.target, { copyOutSql, copyInSql })).rejects.toMatchObject({
    side: 'target',
    server: { sqlstate: '22P02' },
  })
  await expectUsable(pg.source, pg.target)
})

test('a target that drops rows does not count as a copy', async () => {
  await using pg = await pair()
  await fill(pg.source, 100)
  await pg.target.script(`create function public.drop_some() returns trigger language plpgsql as
      $$ begin if new.id % 10 = 0 then return null; end if; return new; end $$;
    create trigger drop_some before insert on public.t for each row execute function public.drop_some()`)
  await expect(relay(pg.source, pg.target, copyOf('t'))).rejects.toMatchObject({
    code: 'copy.row-count',
    party: 'target',
  })
})

test('a source whose frames are more than its rows does not count as a copy', async () => {
  await using pg = await pair()
  await fill(pg.source, 3)
  const copyOutSql = 'COPY public.wide TO STDOUT (FORMAT csv, HEADER)'
  const copyInSql = 'COPY public.wide FROM STDIN (FORMAT csv)'
  await expect(relay(pg.source, pg.target, { copyOutSql, copyInSql })).rejects.toMatchObject({
    code: 'copy.row-count',
    party: 'source',
  })
  expect(await count(pg.target, 'wide')).toBe(0)
  await expectUsable(pg.source, pg.target)
})

test('an abort stops both servers and leaves both sessions usable', async () => {
  await using pg = await pair()
  await fill(pg.source, 10)
  const stop = new AbortController()
  const copyOutSql = `COPY (SELECT i, pg_sleep(0.01)::text FROM generate_series(1, 100000) i) TO STDOUT`
  const copying = relay(pg.source, pg.target, { ...copyOf('t'), copyOutSql, signal: stop.signal })
  await sleep(200)
  stop.abort()
  await expect(copying).rejects.toMatchObject({ code: 'run.interrupted', party: 'interrupted' })
  await expectUsable(pg.source, pg.target)
})

test('an abort also ends a target that waits for a lock', async () => {
  await using pg = await pair()
  await fill(pg.source, 200_000, 50)
  await using other = await open(pg.to.url, 'target')
  await other.script('begin; lock table public.t in access exclusive mode')
  const stop = new AbortController()
  const copying = relay(pg.source, pg.target, { ...copyOf('t'), signal: stop.signal })
  await sleep(200)
  stop.abort()
  await expect(copying).rejects.toMatchObject({ code: 'run.interrupted' })
  await other.script('rollback')
  await expectUsable(pg.source, pg.target)
})

test('a signal that is aborted already copies nothing', async () => {
  await using pg = await pair()
  await fill(pg.source, 10)
  await expect(relay(pg.source, pg.target, { ...copyOf('t'), signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'run.interrupted',
  })
  await expectUsable(pg.source, pg.target)
})

for (const side of ['source', 'target'] as const) {
  test(`a cut connection to the ${side} is a retryable error, and the other session goes on or is closed`, async () => {
    await using pg = await pair()
    await fill(pg.source, 100_000, 200)
    await using proxy = await faultProxy((side === 'source' ? pg.from : pg.to).server.port)
    await using cut = await open(proxy.url((side === 'source' ? pg.from : pg.to).url), side)
    proxy.cutAfter(3_000_000)
    const copying = side === 'source' ? relay(cut, pg.target, copyOf('t')) : relay(pg.source, cut, copyOf('t'))
    const error = await copying.catch((error: unknown) => error)
    expect(error).toMatchObject({ party: side })
    expect([isRetryable(error), isConnectionLost(error)]).toEqual([true, true])
    expect(cut.broken).toBe(true)
    await expect(cut.query('select 1')).rejects.toMatchObject({ code: 'connection.lost' })
    // The target may have been inside of a row when the source went: then it was closed, for nothing else ends a row.
    const other = side === 'source' ? pg.target : pg.source
    expect(other.broken || (await other.query('select 1 as one')).length === 1).toBe(true)
  })
}

test('a server process that is ended in the middle says so, and the error is retryable', async () => {
  await using pg = await pair()
  await fill(pg.source, 100_000, 200)
  await using other = await open(pg.to.url, 'target')
  await other.script('begin; lock table public.t in access exclusive mode')
  const copying = relay(pg.source, pg.target, copyOf('t')).catch((error: unknown) => error)
  await sleep(100)
  await other.query('select pg_terminate_backend($1)', [pg.target.pid])
  const error = await copying
  expect(error).toMatchObject({ side: 'target', server: { sqlstate: '57P01' } })
  expect([isRetryable(error), isConnectionLost(error), pg.target.broken]).toEqual([true, true, true])
  await other.script('rollback')
})

test('rows pass over TLS, on both sides, and an error in the middle leaves both sessions usable there, too', async () => {
  const tls = new CertificateAuthority().issue({ commonName: 'localhost' })
  await using pg = await startServer({ major: 17, tls })
  await using other = await freshDatabase(pg)
  await using source = await open(`${pg.url()}?sslmode=require`, 'source')
  await using target = await open(`${other.url}?sslmode=require`, 'target')
  await source.script('create table public.t (id int primary key, body text)')
  await target.script('create table public.t (id int primary key, body text)')
  await fill(source, 20_000, 300)
  await target.script('insert into public.t values (15000)')
  await expect(relay(source, target, copyOf('t'))).rejects.toMatchObject({ server: { sqlstate: '23505' } })
  await expectUsable(source, target)
})

test('a target that falls behind gets every byte as it was, however often the memory of the reads comes round', async () => {
  await using pg = await pair()
  await using proxy = await faultProxy(pg.to.server)
  // Rows of all lengths: reads begin and end anywhere in the ring.
  await pg.source.script(`insert into public.t select i, repeat(md5(i::text), i % 900) from generate_series(1, 4000) i`)
  const target = await open(proxy.url(pg.to.url), 'target')
  try {
    let stalls = 0
    const onProgress = (bytes: number) => {
      if (bytes < 2_000_000 * (stalls + 1)) return
      stalls += 1
      proxy.stall()
      setTimeout(() => void proxy.resume(), 20)
    }
    const { rows, bytes } = await relay(pg.source, target, { ...copyOf('t', 'binary'), onProgress })
    expect(rows).toBe(4000)
    expect(bytes).toBeGreaterThan(40_000_000)
    expect(stalls).toBeGreaterThan(10)
    const digest = `select md5(string_agg(id || md5(body), ',' order by id)) as digest from public.t`
    expect(await target.query(digest)).toEqual(await pg.source.query(digest))
  } finally {
    await target.close()
  }
})
