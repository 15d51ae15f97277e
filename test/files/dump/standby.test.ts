import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dump } from '../../../src/files/dump/dump.ts'
import { manifestPath, readManifest } from '../../../src/files/manifest.ts'
import { restore, verifyFiles } from '../../../src/files/restore/index.ts'
import {
  caughtUp,
  freshDatabase,
  queryOnce,
  server,
  startServer,
  startStandby,
  type OwnServer,
} from '../../kit/index.ts'
import { contentOf } from '../../matrix/content.ts'
import { run } from '../../migrate/support.ts'
import { NO_TOOLS, runStock, scratch, stockTools, tocLines } from './support.ts'

const tools = stockTools()

const SHOP = `
  create table wide (id int generated always as identity primary key, pad text);
  insert into wide (pad) select repeat(md5(i::text), 20) from generate_series(1, 3000) i;
  create unlogged table passing (id serial, x int); insert into passing (x) values (1), (2);
  create sequence counter; select setval('counter', 41);
  create materialized view sums as select count(*) as n from wide;
  select lo_from_bytea(7001, 'kept'); comment on large object 7001 is 'kept'`

/** Sequences of unlogged tables are unlogged themselves since 15. */
describe.each([13, 18] as const)('a standby of %s', (major) => {
  let primary: OwnServer
  let standby: OwnServer

  beforeAll(async () => {
    primary = await startServer({ major })
    await queryOnce(primary.url(), 'create database shop')
    await run(primary.url('shop'), SHOP)
    standby = await startStandby(primary, { max_standby_streaming_delay: '0' })
    await caughtUp(standby, primary)
  }, 60_000)
  afterAll(async () => {
    await standby[Symbol.asyncDispose]()
    await primary[Symbol.asyncDispose]()
  })

  test('is dumped as its primary is, but for what a standby does not have', async () => {
    await using folder = await scratch()
    const to = folder.path('archive')
    const report = await dump({ source: standby.url('shop'), to, jobs: 3, partSize: 65_536 })
    expect(report.notices.map(({ code, object }) => [code, object])).toEqual([['dump.unlogged', 'public.passing']])
    const manifest = await readManifest(manifestPath(to, 'directory'))
    expect(manifest).toMatchObject({
      moment: { lsn: expect.stringMatching(/^[\dA-F]+\/[\dA-F]+$/) },
      tables: [{ rows: 3000 }],
    })
    // It counts none of what its primary writes.
    expect(manifest?.writes).toBeUndefined()

    await using target = await freshDatabase(await server(18))
    const restored = await restore({ from: to, target: target.url, source: primary.url('shop') })
    expect(restored.failures).toEqual([])
    expect(restored.verdict).toBe('SAME')
    expect(restored.sourceWrites).toEqual([])
    expect(restored.notices.map(({ code }) => code)).toContain('restore.writes-unknown')
    expect(logged(await contentOf(target.url))).toEqual(logged(await contentOf(primary.url('shop'))))
    await target.query('select lo_unlink(7001)')
    expect(await verifyFiles({ from: to, target: target.url })).toMatchObject({ verdict: 'DIFFERENT' })
  })

  test.skipIf(tools === undefined)('has the entries that pg_dump gives it', async () => {
    const { pgDump, pgRestore } = tools ?? NO_TOOLS
    await using folder = await scratch()
    const [ours, theirs] = [folder.path('ours'), folder.path('theirs')]
    await dump({ source: standby.url('shop'), to: ours })
    await runStock(pgDump, ['--dbname', standby.url('shop'), '-Fd', '-j2', '-f', theirs])
    const entries = async (archive: string) =>
      (await tocLines(pgRestore, archive)).filter((line) => !line.includes('SCHEMA public'))
    expect(await entries(ours)).toEqual(await entries(theirs))
  })

  test('is dumped whole, with the roles, and what its primary counted is not asked of it', async () => {
    await using folder = await scratch()
    const to = folder.path('all')
    const report = await dump({ source: standby.url(), to, databases: 'all', format: 'custom' })
    expect(report.failed).toEqual([])
    expect(report.databases.map(({ database }) => database)).toEqual(['shop'])

    const from = folder.path('of-primary')
    await dump({ source: primary.url('shop'), to: from })
    await using target = await freshDatabase(await server(18))
    const restored = await restore({ from, target: target.url, source: standby.url('shop') })
    expect(restored.verdict).toBe('SAME')
    expect(restored.notices.filter(({ code }) => code === 'restore.writes-unknown')).toMatchObject([
      { message: expect.stringContaining('standby') },
    ])
  })

  test('that ends a dump to go on with what its primary did says so, in one clear error', async () => {
    await queryOnce(
      primary.url('shop'),
      `create table gone as select repeat('x', 1000) as x from generate_series(1, 5000)`,
    )
    await caughtUp(standby, primary)
    let conflict: Promise<void> | undefined
    const slow = new PassThrough({ highWaterMark: 1 })
    const reading = (async () => {
      for await (const _ of slow) await (conflict ??= dropAndWait(primary, standby))
    })()
    await expect(dump({ source: standby.url('shop'), to: slow, format: 'plain' })).rejects.toMatchObject({
      code: 'dump.standby-conflict',
      party: 'source',
      hint: expect.stringContaining('max_standby_streaming_delay'),
    })
    slow.end()
    await reading
    expect(conflict).toBeDefined()
  })
})

/** Rows of unlogged tables are on the primary alone. */
function logged(lines: readonly string[]): string[] {
  return lines.filter((line) => !line.includes('passing'))
}

/** Its replay has to take the table from whoever reads, and here does so at once. */
async function dropAndWait(primary: OwnServer, standby: OwnServer): Promise<void> {
  await queryOnce(primary.url('shop'), 'drop table gone')
  await caughtUp(standby, primary)
}
