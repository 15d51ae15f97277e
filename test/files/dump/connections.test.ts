import { existsSync, readdirSync, rmSync } from 'node:fs'
import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openArchive } from '../../../src/archive/index.ts'
import { PgleapError } from '../../../src/errors.ts'
import { dump, restore } from '../../../src/files/index.ts'
import { manifestPath, readManifest } from '../../../src/files/manifest.ts'
import type { DumpOptions, Event } from '../../../src/index.ts'
import {
  connectClient,
  faultProxy,
  freshDatabase,
  startServer,
  type FaultProxy,
  type FreshDatabase,
  type OwnServer,
} from '../../kit/index.ts'
import { PART_SIZE, QUIET, randomFrom, tables } from '../../migrate/faults/scene.ts'
import { scratch } from './support.ts'

let server: OwnServer
let source: FreshDatabase
let folder: Awaited<ReturnType<typeof scratch>>
let whole: unknown
// Nothing but the tests writes to it, so that a moment can be proved to be the same.
beforeAll(async () => {
  server = await startServer({ major: 16, settings: QUIET })
  source = await freshDatabase(server)
  await source.query(tables())
  folder = await scratch()
  await dump({ source: source.url, to: folder.path('whole') })
  whole = await contents(folder.path('whole'))
  remove('whole')
})
afterEach(() => remove(...readdirSync(folder.path('.'))))
afterAll(async () => {
  await folder[Symbol.asyncDispose]()
  await source[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

/** What an archive says and holds, rows in no order, and what its manifest says of contents. */
async function contents(path: string): Promise<unknown> {
  await using archive = await openArchive(path)
  const found: Record<string, string> = {}
  for (const entry of archive.archive.entries.filter(({ desc }) => desc === 'TABLE DATA')) {
    const chunks: Buffer[] = []
    for await (const chunk of archive.data(entry)) chunks.push(chunk)
    found[entry.tag] = Buffer.concat(chunks).toString().split('\n').toSorted().join('\n')
  }
  for (const entry of archive.archive.entries.filter(({ desc }) => desc === 'BLOBS')) {
    for await (const { oid, data } of archive.largeObjects(entry)) {
      const chunks: Buffer[] = []
      for await (const chunk of data) chunks.push(chunk)
      found[`large object ${String(oid)}`] = Buffer.concat(chunks).toString('hex')
    }
  }
  const manifest = await readManifest(manifestPath(path, 'directory'))
  return {
    found,
    entries: archive.archive.entries.map(({ desc, tag }) => `${desc} ${tag}`),
    content: manifest?.content,
    largeObjects: manifest?.largeObjects,
    rows: manifest?.tables.map(({ name, rows, bytes }) => [name, rows, bytes]).toSorted(),
  }
}

function remove(...names: string[]): void {
  for (const name of names) rmSync(folder.path(name), { recursive: true, force: true })
}

interface Through {
  error: unknown
  events: Event[]
}

/** Dumps through the proxy, with something done to it when `on` says so. */
async function through(
  options: Omit<DumpOptions, 'source'>,
  { on, fault }: { on: (event: Event) => boolean; fault: (proxy: FaultProxy) => Promise<void> | void },
): Promise<Through> {
  await using proxy = await faultProxy(server)
  const events: Event[] = []
  const faults: Promise<void>[] = []
  const onEvent = (event: Event) => {
    events.push(event)
    if (on(event)) faults.push(Promise.resolve(fault(proxy)))
  }
  const error: unknown = await dump({ ...options, source: proxy.url(source.url), onEvent }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  await Promise.all(faults)
  return { error, events }
}

/** At some steps' beginnings, and all through them; a few times. */
function nowAndThen(random: () => number): (event: Event) => boolean {
  let left = 6
  return ({ type }) => {
    if ((type !== 'step-started' && type !== 'step-progress' && type !== 'step-done') || left === 0) return false
    if (random() > 0.3) return false
    left -= 1
    return true
  }
}

const random = randomFrom(5_1121)
const bytes = (): number => 1 + Math.floor(random() * 1_000_000)

test.each([
  ['are all cut', (proxy: FaultProxy) => proxy.cut()],
  ['are cut after some bytes from the server', (proxy: FaultProxy) => proxy.cutAfter(bytes(), 'down')],
  ['are cut after some bytes to the server', (proxy: FaultProxy) => proxy.cutAfter(1 + (bytes() % 2000), 'up')],
  [
    'are cut, and refused for a while',
    async (proxy: FaultProxy) => {
      proxy.cut()
      await proxy.refuse()
      await sleep(400)
      await proxy.resume()
    },
  ],
])(
  'a directory comes whole when connections %s',
  async (_what, fault) => {
    let again = 0
    for (const compression of ['none', 'zstd'] as const) {
      const to = folder.path(`cut-${compression}`)
      const { error, events } = await through(
        { to, compression, jobs: 3, partSize: PART_SIZE },
        { on: nowAndThen(random), fault },
      )
      expect(error).toBe(undefined)
      expect(await contents(to)).toEqual(whole)
      again += events.filter(({ type }) => type === 'step-retry').length
      const started = events.flatMap((event) => (event.type === 'step-started' ? [event.step.id] : []))
      const done = events.flatMap((event) => (event.type === 'step-done' ? [event.step.id] : []))
      expect(new Set(started).size).toBe(started.length)
      expect(done.toSorted((a, b) => a - b)).toEqual(started.toSorted((a, b) => a - b))
    }
    await using target = await freshDatabase(server)
    expect(await restore({ from: folder.path('cut-zstd'), target: target.url })).toMatchObject({
      verdict: 'SAME',
      failures: [],
    })
    await target.query('select lo_unlink(oid) from pg_largeobject_metadata')
    expect(again).toBeGreaterThan(0)
  },
  120_000,
)

test('cut at any byte, a dump comes whole, or fails as documented and leaves nothing that looks whole', async () => {
  const ends = new Set<string>()
  for (let turn = 0; turn < 8; turn += 1) {
    // From the connection's first bytes to the last of the rows.
    const after = Math.floor(10 ** (2 + random() * 5))
    const { error } = await through(
      { to: folder.path('any'), jobs: 2, partSize: PART_SIZE },
      { on: (event) => event.type === 'phase' && event.phase === 'connect', fault: (proxy) => proxy.cutAfter(after) },
    )
    ends.add(await endOf(error))
    remove('any', 'any.partial', 'any.partial.jsonl')
  }
  expect(ends).toContain('whole')
  expect(['whole', 'connection.lost', 'connect.closed']).toEqual(expect.arrayContaining([...ends]))
}, 120_000)

async function endOf(error: unknown): Promise<string> {
  const to = folder.path('any')
  if (error === undefined) return isDeepStrictEqual(await contents(to), whole) ? 'whole' : 'not what it says'
  if (existsSync(to)) return 'looks whole'
  return error instanceof PgleapError ? error.code : 'no error of pgleap'
}

function beginsBig(event: Event): boolean {
  return event.type === 'step-started' && event.step.table === 'f.big'
}

test.each(['custom', 'plain'] as const)(
  'a %s file is never half of itself: it fails with one clear error',
  async (format) => {
    const { error, events } = await through(
      { to: folder.path('file'), format },
      { on: beginsBig, fault: (proxy) => proxy.cut() },
    )
    expect(error).toMatchObject({ code: 'connection.lost', hint: expect.stringMatching(/^Dump anew/) })
    expect(events.some(({ type }) => type === 'finished')).toBe(false)
    expect(readdirSync(folder.path('.'))).toEqual([])

    const out = new Writable({ write: (_chunk, _encoding, done) => done() })
    const piped = await through({ to: out, format }, { on: beginsBig, fault: (proxy) => proxy.cut() })
    expect(piped.error).toMatchObject({ code: 'connection.lost', hint: expect.stringMatching(/^Dump anew/) })
  },
)

test('when the moment is over, the dump says so, and --resume starts over', async () => {
  const to = folder.path('over')
  const { error } = await through(
    { to, jobs: 1, partSize: PART_SIZE },
    {
      on: (event) => event.type === 'step-done' && event.step.table === 'f.orders',
      async fault(proxy) {
        await proxy.refuse()
        await source.query(
          `select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name like 'pgleap%'`,
        )
        await source.query(`insert into f.customers values (5000, 'late')`)
        await proxy.resume()
      },
    },
  )
  expect(error).toMatchObject({ code: 'snapshot.lost', message: expect.stringContaining('this dump shows') })
  expect(existsSync(to)).toBe(false)
  const report = await dump({ source: source.url, to, resume: 'resume' })
  expect(report.notices.map(({ code }) => code)).toEqual(['dump.starts-over'])
  expect(report.databases[0]?.tables.find(({ table }) => table === 'f.customers')?.rows).toBe(1001)
  await source.query('delete from f.customers where id = 5000')
})

test('what was truncated while nobody held it is not dumped as empty', async () => {
  // While the keeper is replaced ...
  let changed = false
  const { error } = await through(
    { to: folder.path('held'), jobs: 1, hashes: 'none' },
    {
      on: (event) => event.type === 'step-started' && !changed && (changed = true),
      async fault(proxy) {
        proxy.stall()
        await source.query(
          `select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name = 'pgleap: snapshot'
             and pid = (select pid from pg_stat_activity where application_name = 'pgleap: snapshot' order by backend_start limit 1)`,
        )
        await source.query('truncate f.orders')
        await proxy.resume()
      },
    },
  )
  expect(error).toMatchObject({ code: 'snapshot.replaced', message: expect.stringContaining('f.orders') })

  // ... or in a snapshot that somebody else holds.
  await source.query('insert into f.orders select i, 1 + i % 1000, md5(i::text) from generate_series(1, 5000) i')
  await using holder = await connectClient(source.url)
  await holder.query('begin isolation level repeatable read read only')
  const { rows } = await holder.query<{ name: string }>('select pg_export_snapshot() as name')
  await source.query('truncate f.orders')
  for (const format of ['directory', 'custom', 'plain'] as const) {
    await expect(
      dump({ source: source.url, to: folder.path(format), format, snapshot: rows[0]?.name ?? '' }),
    ).rejects.toMatchObject({ code: 'snapshot.replaced' })
    expect(existsSync(folder.path(format))).toBe(false)
  }
  await holder.query('rollback')
})
