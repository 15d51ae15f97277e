import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openArchive } from '../../../src/archive/index.ts'
import { dump } from '../../../src/files/dump/dump.ts'
import { openFiles } from '../../../src/files/restore/files.ts'
import { manifestPath, readManifest } from '../../../src/files/manifest.ts'
import type { DumpOptions, Event } from '../../../src/index.ts'
import {
  bundled,
  connectClient,
  faultProxy,
  freshDatabase,
  queryOnce,
  startServer,
  type FaultProxy,
  type OwnServer,
} from '../../kit/index.ts'
import { QUIET, tables } from '../../migrate/faults/scene.ts'
import { scratch } from './support.ts'

let server: OwnServer
// Nothing but the tests writes to it, so that a moment can be proved to be the same.
beforeAll(async () => {
  server = await startServer({ major: 16, settings: QUIET })
})
afterAll(() => server[Symbol.asyncDispose]())

/** Aborts the dump when it has finished so many steps. */
async function interrupted(options: DumpOptions, after: number): Promise<unknown> {
  const stop = new AbortController()
  let done = 0
  try {
    return await dump({
      ...options,
      jobs: 1,
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type !== 'step-done') return
        done += 1
        if (done === after) stop.abort()
      },
    })
  } catch (error) {
    return error
  }
}

/** What is in each table of an archive. */
async function contents(path: string): Promise<Record<string, string>> {
  await using archive = await openArchive(path)
  const found: Record<string, string> = {}
  for (const entry of archive.archive.entries.filter(({ desc }) => desc === 'TABLE DATA')) {
    const chunks: Buffer[] = []
    for await (const chunk of archive.data(entry)) chunks.push(chunk)
    found[entry.tag] = Buffer.concat(chunks).toString().split('\n').toSorted().join('\n')
  }
  return found
}

test('an interrupted dump leaves nothing that looks whole, and goes on where nothing was written since', async () => {
  await using source = await freshDatabase(server)
  await source.query(tables())
  await using folder = await scratch()
  const to = folder.path('archive')
  const whole = folder.path('whole')
  await dump({ source: source.url, to: whole })

  const error = await interrupted({ source: source.url, to }, 3)
  expect(error).toMatchObject({ code: 'run.interrupted', hint: expect.stringContaining('--resume') })
  expect(existsSync(to)).toBe(false)
  expect(readdirSync(`${to}.partial`)).not.toContain('toc.dat')

  await expect(dump({ source: source.url, to })).rejects.toMatchObject({ code: 'dump.unfinished' })
  const report = await dump({ source: source.url, to, resume: 'resume' })
  expect(report.notices.map(({ code }) => code)).toEqual(['dump.goes-on'])
  expect(report.databases[0]?.kept).toBeGreaterThanOrEqual(2)
  expect(await contents(to)).toEqual(await contents(whole))
  expect(readdirSync(folder.path('.')).toSorted()).toEqual(['archive', 'whole'])
  const [again, before] = [
    await readManifest(manifestPath(to, 'directory')),
    await readManifest(manifestPath(whole, 'directory')),
  ]
  expect(again?.content).toEqual(before?.content)
  expect(again?.tables.map(({ name, rows }) => [name, rows]).toSorted()).toEqual(
    before?.tables.map(({ name, rows }) => [name, rows]).toSorted(),
  )
})

test('a dump that was begun before the source was written to starts over, and says so', async () => {
  await using source = await freshDatabase(server)
  await source.query(tables())
  await using folder = await scratch()
  const to = folder.path('archive')
  await interrupted({ source: source.url, to }, 3)
  await source.query(`insert into f.customers values (5000, 'late')`)
  const report = await dump({ source: source.url, to, resume: 'resume' })
  expect(report.notices.map(({ code }) => code)).toEqual(['dump.starts-over'])
  expect(report.databases[0]?.kept).toBe(0)
  expect((await contents(to))['customers']).toContain('5000\tlate')
})

test('a dump goes on in a snapshot that somebody else has held all the while, whatever was written since', async () => {
  await using source = await freshDatabase(server)
  await source.query(tables())
  await using folder = await scratch()
  const to = folder.path('archive')
  await using holder = await connectClient(source.url)
  await holder.query('begin isolation level repeatable read read only')
  const { rows } = await holder.query<{ name: string }>('select pg_export_snapshot() as name')
  const snapshot = rows[0]?.name ?? ''
  await interrupted({ source: source.url, to, snapshot }, 3)
  await source.query(`insert into f.customers values (5000, 'late')`)
  const report = await dump({ source: source.url, to, snapshot, resume: 'resume' })
  expect(report.notices.map(({ code }) => code)).toEqual(['dump.goes-on'])
  expect((await contents(to))['customers']).not.toContain('late')
  await holder.query('rollback')
})

test('a finished file that was altered since is dumped again, and other options start over', async () => {
  await using source = await freshDatabase(server)
  await source.query(tables())
  await using folder = await scratch()
  const to = folder.path('archive')
  await interrupted({ source: source.url, to, compression: 'none' }, 3)
  const [some] = readdirSync(`${to}.partial`)
  writeFileSync(`${to}.partial/${some ?? ''}`, 'x', { flag: 'r+' })
  const report = await dump({ source: source.url, to, compression: 'none', resume: 'resume' })
  expect(report.databases[0]?.kept).toBeGreaterThanOrEqual(1)
  expect((await contents(to))['big']).toContain('\t')

  const other = folder.path('other')
  await interrupted({ source: source.url, to: other, compression: 'none' }, 3)
  const packed = await dump({ source: source.url, to: other, resume: 'resume' })
  expect(packed.notices.map(({ code }) => code)).toEqual(['dump.starts-over'])
  expect(await contents(other)).toEqual(await contents(to))
})

test('a dump that is killed at any moment is gone on with, or was whole', async () => {
  await using source = await freshDatabase(server)
  await source.query(tables())
  await using folder = await scratch()
  const whole = folder.path('whole')
  await dump({ source: source.url, to: whole })
  const expected = await contents(whole)
  for (const at of ['step-done', 'finish'] as const) {
    const to = folder.path(at)
    const options: DumpOptions = { source: source.url, to, jobs: 1 }
    await killed(options, (event) => event.type === at || (event.type === 'phase' && event.phase === at))
    const report = existsSync(to) ? undefined : await dump({ ...options, resume: 'resume' })
    expect(report?.failed ?? []).toEqual([])
    expect(await contents(to)).toEqual(expected)
    expect(await readManifest(manifestPath(to, 'directory'))).toBeDefined()
  }
  // The server finds out that its clients are gone.
  await expect
    .poll(() => queryOnce(server.url(), `select 1 from pg_stat_activity where datname = '${source.name}'`), {
      timeout: 20_000,
    })
    .toEqual([])
}, 180_000)

/** Kills the process as soon as an event says so. */
async function killed(options: DumpOptions, when: (event: Event) => boolean): Promise<void> {
  const script = await bundled(fileURLToPath(new URL('child.ts', import.meta.url)))
  const child = spawn(process.execPath, [script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  for await (const line of createInterface({ input: child.stdout })) {
    const event: Event = JSON.parse(line)
    if (when(event)) child.kill('SIGKILL')
  }
  await closed
}

test.each(['directory', 'custom'] as const)(
  'a dump into a %s that another one has begun anew meanwhile does not end as if it were whole',
  async (format) => {
    await using source = await freshDatabase(server)
    await source.query(tables())
    await using folder = await scratch()
    const to = folder.path('archive')
    const held = async (proxy: FaultProxy, options: Partial<DumpOptions>) => {
      const met = new AbortController()
      const ended = dump({
        ...options,
        source: proxy.url(source.url),
        to,
        format,
        compression: 'none',
        jobs: 1,
        hashes: 'none',
        onEvent: (event) => {
          if (event.type !== 'step-done' || met.signal.aborted) return
          proxy.stall()
          met.abort()
        },
      }).catch((error: unknown) => error)
      await once(met.signal, 'abort')
      return { ended }
    }
    await using one = await faultProxy(server)
    await using other = await faultProxy(server)
    const first = await held(one, {})
    await source.query(`update f.big set payload = 'later'`)
    const second = await held(other, { resume: 'resume' })
    await one.resume()
    expect(await first.ended).toMatchObject({ code: 'archive.unwritable' })
    await other.resume()
    await second.ended
    expect(['nothing', 'proved']).toContain(await lookedAt(to))
  },
)

/** Throws where something is there that is not what its manifest says. */
async function lookedAt(path: string): Promise<'nothing' | 'proved' | 'no manifest'> {
  if (!existsSync(path)) return 'nothing'
  await using files = await openFiles(path, undefined)
  return files.manifest === undefined ? 'no manifest' : 'proved'
}
