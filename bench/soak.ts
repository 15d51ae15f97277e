// Online migrations under load, with and without faults, longer than the tests have time for: `npm run soak`.
// Ends with a table for docs/online-measured.md, or with the first thing that is wrong. PGLEAP_FAULTS sets the number of
// faults (20).
import { setTimeout as sleep } from 'node:timers/promises'
import { parseConnection, type Side } from '../src/connection/index.ts'
import { end, start, switchTo, type SwitchReport } from '../src/online/index.ts'
import { routersFor } from '../src/online/routing/index.ts'
import {
  faultProxy,
  freshDatabase,
  programNamed,
  queryOnce,
  startServer,
  type Major,
  type OwnServer,
} from '../test/kit/index.ts'
import { bouncer } from '../test/online/load/bouncer.ts'
import { killAt } from '../test/online/load/kill.ts'
import { probes, PROBES } from '../test/online/load/probes.ts'
import { SCHEMA } from '../test/online/load/workload.ts'
import { writers } from '../test/online/load/writers.ts'

const PAIRS = [
  [14, 17],
  [13, 18],
] as const satisfies [Major, Major][]
const FAULTS = Number(process.env['PGLEAP_FAULTS'] ?? 20)
/** A server that is killed must not lose what it has acknowledged. */
const SETTINGS = { logical_decoding_work_mem: '64kB', synchronous_commit: 'on' }
const WRITERS = 4

const say = (line: string) => process.stdout.write(`${line}\n`)
const other = (side: Side): Side => (side === 'source' ? 'target' : 'source')
const between = (low: number, high: number) => Math.round(low + Math.random() * (high - low))

const rows: string[] = []
const pgbouncer = programNamed('pgbouncer')
for (const pair of PAIRS) {
  if (pgbouncer !== undefined) await measure(pair, pgbouncer)
  await torment(pair, Math.round(FAULTS / PAIRS.length))
}
say('\n| servers | to | pause | seen by the application | steps (ms) |\n| --- | --- | --- | --- | --- |')
for (const row of rows) say(row)

/** Cutover, rollback and cutover through PgBouncer at full speed. */
async function measure([from, to]: readonly [Major, Major], program: string): Promise<void> {
  await using old = await startServer({ major: from, settings: SETTINGS })
  await using young = await startServer({ major: to, settings: SETTINGS })
  await using source = await freshDatabase(old)
  await using target = await freshDatabase(young)
  await queryOnce(source.url, SCHEMA)
  const both = { source: source.url, target: target.url }
  await using pooler = await bouncer(program, { port: old.port, database: source.name })
  await using app = writers([pooler.url], WRITERS)
  await app.until(100)
  await start({ ...both, jobs: 2 })
  for (const side of ['target', 'source', 'target'] as const) {
    await app.until(100)
    app.longestGap()
    const report = await switchTo(side, {
      ...both,
      routers: await routersFor(
        { pgbouncer: [pooler.console], pgbouncerConfig: [pooler.file] },
        {
          sides: { source: parseConnection(source.url), target: parseConnection(target.url) },
          from: other(side),
          maxPauseMs: 30_000,
        },
      ),
    })
    await app.until(20)
    rows.push(rowOf(from, to, report, app.longestGap()))
    say(rows.at(-1) ?? '')
  }
  await app.stop()
  must(`${String(from)} to ${String(to)}, failed transactions`, [...app.failures])
  must(`${String(from)} to ${String(to)}, rows`, await app.wrongs(target.url))
  say(`${String(from)} to ${String(to)}: ${String(app.acknowledged)} transactions acknowledged, none failed, none lost`)
  await end('target', both)
}

function rowOf(from: Major, to: Major, { to: side, pauseMs, steps }: SwitchReport, gap: number): string {
  const parts = steps.map(({ step, ms }) => `${step} ${String(ms)}`).join(', ')
  return `| ${String(from)}, ${String(to)} | ${side} | ${String(pauseMs)} ms | ${String(gap)} ms | ${parts} |`
}

/** Faults at random moments of starts and switches; each is followed by the same command again, until it is done. */
async function torment([from, to]: readonly [Major, Major], faults: number): Promise<void> {
  await using old = await startServer({ major: from, settings: SETTINGS })
  await using young = await startServer({ major: to, settings: SETTINGS })
  await using source = await freshDatabase(old)
  await using target = await freshDatabase(young)
  await using toOld = await faultProxy(old.port)
  await using toYoung = await faultProxy(young.port)
  await queryOnce(source.url, SCHEMA)
  await queryOnce(source.url, PROBES)
  const both = { source: source.url, target: target.url }
  const led = { source: toOld.url(source.url), target: toYoung.url(target.url) }
  const reach = { sourceFromTarget: led.source, targetFromSource: led.target }
  await using app = writers([source.url, target.url], WRITERS)
  await app.until(50)

  const kinds = ['kill', 'cut', 'stall', 'crash the old', 'crash the new'] as const
  for (let fault = 1; fault <= 2; fault += 1) {
    const afterMs = between(500, 6_000)
    say(
      `${String(from)} to ${String(to)}: start, killed after ${String(afterMs)} ms: ${await killAt({ afterMs }, 'start', { ...both, ...reach })}`,
    )
    await app.until(5)
  }
  if (!(await isStreaming(target.url))) await start({ ...both, ...reach, jobs: 2 })
  // Until it follows, the target is nobody's but ours.
  await using probing = probes(both)
  let side: Side = 'target'
  const switches: Side[] = ['source']
  for (let fault = 3; fault <= faults; fault += 1) {
    await app.until(10)
    const kind = kinds[Math.floor(Math.random() * kinds.length)] ?? 'kill'
    const afterMs = between(200, 7_000)
    const how = await suffer(kind, afterMs)
    for (let left = 5; left > 0; left -= 1) {
      if ((await activeOf(target.url)) === side) break
      try {
        await switchTo(side, { ...both, ...reach })
      } catch (error) {
        say(`  again: ${String(error)}`)
        if (left === 1) throw error
        await sleep(2_000)
      }
    }
    say(
      `${String(from)} to ${String(to)}, fault ${String(fault)}: to the ${side}, ${kind} after ${String(afterMs)} ms: ${how}`,
    )
    await app.until(5)
    switches.push(side)
    side = other(side)
  }
  await Promise.all([app.stop(), probing.stop()])
  const active = other(side)
  must('rows', await app.wrongs(both[active]))
  const stretches = await probing.stretches(both[active])
  if (stretches.join() !== switches.join()) must('two writers', stretches)
  say(
    `${String(from)} to ${String(to)}: ${String(faults)} faults, ${String(app.acknowledged)} transactions acknowledged, none lost, never two open sides`,
  )
  await end(active, both)

  async function suffer(kind: (typeof kinds)[number], afterMs: number): Promise<string> {
    if (kind === 'kill') return killAt({ afterMs }, side, { ...both, ...reach })
    const switching = switchTo(side, { ...led, ...reach, maxPauseMs: 8_000 }).then(
      () => 'done',
      (error: unknown) => String(error),
    )
    await Promise.race([sleep(afterMs), switching])
    await doTo(kind)
    const how = await Promise.race([switching, sleep(120_000, 'hangs')])
    await Promise.all([toOld.resume(), toYoung.resume()])
    if (how === 'hangs') must('a switch', [how])
    return how
  }

  async function doTo(kind: Exclude<(typeof kinds)[number], 'kill'>): Promise<void> {
    const proxy = Math.random() < 0.5 ? toOld : toYoung
    if (kind === 'cut') proxy.cut()
    else if (kind === 'stall') {
      proxy.stall()
      void sleep(between(500, 12_000)).then(() => proxy.resume())
    } else await crash(kind === 'crash the old' ? old : young)
  }
}

async function crash(server: OwnServer): Promise<void> {
  await server.kill()
  await server.start()
}

async function recordOf(target: string): Promise<{ phase: string; active: string } | undefined> {
  const [schema] = await queryOnce(
    target,
    `select from pg_tables where schemaname = 'pgleap_online' and tablename = 'migration'`,
  )
  if (schema === undefined) return undefined
  const [row] = await queryOnce<{ phase: string; active: string }>(
    target,
    `select record ->> 'phase' as phase, record ->> 'active' as active from pgleap_online.migration`,
  )
  return row
}

async function isStreaming(target: string): Promise<boolean> {
  return (await recordOf(target))?.phase === 'streaming'
}

async function activeOf(target: string): Promise<string | undefined> {
  const record = await recordOf(target)
  return record?.phase === 'streaming' ? record.active : undefined
}

function must(what: string, wrong: readonly string[]): void {
  if (wrong.length > 0) throw new Error(`${what}: ${wrong.slice(0, 20).join('; ')}`)
}
