import { expect, test } from 'vitest'
import { parseConnection } from '../../src/connection/index.ts'
import { end, start, switchTo } from '../../src/online/index.ts'
import { routersFor } from '../../src/online/routing/index.ts'
import { otherSide } from '../../src/online/sides.ts'
import { freshDatabase, queryOnce, startServer, programNamed } from '../kit/index.ts'
import { bouncer } from './load/bouncer.ts'
import { SCHEMA } from './load/workload.ts'
import { writers } from './load/writers.ts'

/** So little that larger transactions are streamed before they commit. */
const SETTINGS = { logical_decoding_work_mem: '64kB' }
const pgbouncer = programNamed('pgbouncer')

test(
  'writers that look for the open side lose no acknowledged row in a cutover, a rollback and another cutover',
  { timeout: 180_000 },
  async () => {
    await using old = await startServer({ major: 14, settings: SETTINGS })
    await using young = await startServer({ major: 17, settings: SETTINGS })
    await using source = await freshDatabase(old)
    await using target = await freshDatabase(young)
    await queryOnce(source.url, SCHEMA)
    const both = { source: source.url, target: target.url }
    await using app = writers([source.url, target.url], 3)
    await app.until(20)
    await start({ ...both, jobs: 2 })
    for (const side of ['target', 'source', 'target'] as const) {
      await app.until(10)
      await switchTo(side, both)
    }
    await app.until(10)
    await app.stop()
    expect(await app.wrongs(target.url)).toEqual([])
    await end('target', both)
  },
)

test.skipIf(pgbouncer === undefined)(
  'an application behind PgBouncer sees no failed transaction and loses none, forward, back and forward again',
  { timeout: 180_000 },
  async () => {
    await using old = await startServer({ major: 13, settings: SETTINGS })
    await using young = await startServer({ major: 18, settings: SETTINGS })
    await using source = await freshDatabase(old)
    await using target = await freshDatabase(young)
    await queryOnce(source.url, SCHEMA)
    const both = { source: source.url, target: target.url }
    await using pooler = await bouncer(pgbouncer ?? '', { port: old.port, database: source.name })
    await using app = writers([pooler.url], 3)
    await app.until(20)
    await start({ ...both, jobs: 2 })
    for (const side of ['target', 'source', 'target'] as const) {
      await app.until(10)
      app.longestGap()
      const [router] = await routersFor(
        { pgbouncer: [pooler.console], pgbouncerConfig: [pooler.file] },
        {
          sides: { source: parseConnection(source.url), target: parseConnection(target.url) },
          from: otherSide(side),
          maxPauseMs: 30_000,
        },
      )
      if (router === undefined) throw new Error('no router')
      const { pauseMs } = await switchTo(side, { ...both, routers: [router] })
      await app.until(5)
      process.stderr.write(
        `pause to the ${side}: ${String(pauseMs)} ms, seen by the application: ${String(app.longestGap())} ms\n`,
      )
    }
    await app.until(10)
    await app.stop()
    expect(app.failures).toEqual([])
    expect(await app.wrongs(target.url)).toEqual([])
    await end('target', both)
  },
)
