import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Session } from '../../src/connection/index.ts'
import { connect, parseConnection } from '../../src/connection/index.ts'
import { copyIn, copyOut } from '../../src/wire/index.ts'
import { FrameWalker } from '../../src/wire/frames.ts'
import { freshDatabase, server } from '../kit/index.ts'

function open(url: string): Promise<Session> {
  return connect(parseConnection(url, { env: {} }), { side: 'target', purpose: 'copy test' })
}

test('copyOut hands every frame on, and waits for a slow sink', async () => {
  await using session = await open((await server(17)).url())
  const chunks: Buffer[] = []
  let inside = 0
  const sink = async (chunk: Buffer) => {
    expect((inside += 1)).toBe(1)
    await sleep(1)
    chunks.push(Buffer.from(chunk))
    inside -= 1
  }
  const result = await copyOut(
    session,
    `COPY (SELECT i, repeat('x', 90) FROM generate_series(1, 50000) i) TO STDOUT`,
    sink,
  )
  const walker = new FrameWalker({ data() {}, message() {} })
  for (const chunk of chunks) walker.walk(chunk)
  expect(walker).toMatchObject({ frames: 50_000, midFrame: false })
  expect(result).toEqual({ rows: 50_000, bytes: walker.bytes - 5 * walker.frames })
  expect(await session.query('select 1 as one')).toEqual([{ one: 1 }])
})

test('copyOut takes no COPY for whole of which other rows went by than the server counted', async () => {
  await using session = await open((await server(17)).url())
  const copy = (format: string) =>
    copyOut(session, `COPY (SELECT generate_series(1, 3)) TO STDOUT (FORMAT ${format})`, () => {})
  await expect(copy('csv, HEADER')).rejects.toMatchObject({ code: 'copy.row-count' })
  expect(await copy('text')).toMatchObject({ rows: 3 })
  expect(await copy('binary')).toMatchObject({ rows: 3 })
})

test('what the sink throws ends the COPY and is thrown, and the session goes on', async () => {
  await using session = await open((await server(17)).url())
  const sql = 'COPY (SELECT generate_series(1, 1000000)) TO STDOUT'
  const oops = new TypeError('oops')
  const now = () => {
    throw oops
  }
  await expect(copyOut(session, sql, now)).rejects.toBe(oops)
  await expect(copyOut(session, sql, () => Promise.reject(oops))).rejects.toBe(oops)
  expect(await session.query('select 1 as one')).toEqual([{ one: 1 }])
})

test('a server’s error in a COPY keeps its fields', async () => {
  await using session = await open((await server(17)).url())
  await expect(copyOut(session, 'COPY (SELECT 1/0) TO STDOUT', () => {})).rejects.toMatchObject({
    server: { sqlstate: '22012' },
  })
  await expect(copyOut(session, 'SELECT 1', () => {})).rejects.toMatchObject({ code: 'internal.no-copy' })
  await expect(copyIn(session, 'COPY nowhere FROM STDIN', [Buffer.from('1\n')])).rejects.toMatchObject({
    server: { sqlstate: '42P01' },
  })
  expect(await session.query('select 1 as one')).toEqual([{ one: 1 }])
})

test('copyIn takes payloads that are cut anywhere', async () => {
  await using db = await freshDatabase(await server(17))
  await using session = await open(db.url)
  await session.script('create table public.t (id int, body text)')
  const text = Buffer.from(
    Array.from({ length: 20_000 }, (_, row) => `${String(row)}\t${'y'.repeat(row % 100)}\n`).join(''),
  )
  function* pieces() {
    for (let at = 0; at < text.length; at += 7001) yield text.subarray(at, at + 7001)
  }
  await expect(copyIn(session, 'COPY public.t FROM STDIN', pieces())).resolves.toEqual({
    rows: 20_000,
    bytes: text.length,
  })
  expect(await session.query('select count(*) as n from public.t')).toEqual([{ n: 20_000 }])
})

async function* damaged() {
  yield Buffer.from('1\n2\n')
  await sleep(1)
  throw new RangeError('the file is damaged')
}

test('data that cannot be read fails the COPY, and nothing of it stays', async () => {
  await using db = await freshDatabase(await server(17))
  await using session = await open(db.url)
  await session.script('create table public.t (id int)')
  await expect(copyIn(session, 'COPY public.t FROM STDIN', damaged())).rejects.toThrow('the file is damaged')
  expect(await session.query('select count(*) as n from public.t')).toEqual([{ n: 0 }])
})

test('a target that refuses in the middle ends the reading, too', async () => {
  await using db = await freshDatabase(await server(17))
  await using session = await open(db.url)
  await session.script('create table public.t (id int)')
  let ended = false
  async function* pieces() {
    try {
      for (;;) yield Buffer.from('not a number\n'.repeat(1000))
    } finally {
      ended = true
    }
  }
  await expect(copyIn(session, 'COPY public.t FROM STDIN', pieces())).rejects.toMatchObject({
    server: { sqlstate: '22P02' },
  })
  expect(ended).toBe(true)
  expect(await session.query('select 1 as one')).toEqual([{ one: 1 }])
})
