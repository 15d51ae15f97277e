import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Event, type MigrateOptions, type Phase, type RunReport, migrate, resume } from '../../../src/index.ts'
import {
  type FaultProxy,
  type FreshDatabase,
  type OwnServer,
  faultProxy,
  freshDatabase,
  startServer,
} from '../../kit/index.ts'
import { contentOf } from '../../matrix/content.ts'
import { PART_SIZE, QUIET, hasLedger, randomFrom, tables } from './scene.ts'

let from: OwnServer
let to: OwnServer
let source: FreshDatabase
beforeAll(async () => {
  from = await startServer({ major: 14, settings: QUIET })
  to = await startServer({ major: 17 })
  source = await freshDatabase(from)
  await source.query(tables())
})
afterAll(async () => {
  await source[Symbol.asyncDispose]()
  await from[Symbol.asyncDispose]()
  await to[Symbol.asyncDispose]()
})

type Ends = Pick<MigrateOptions, 'source' | 'target'>

/** What is to come out of a run, whatever is done to it. */
const WHOLE = { wasHit: true, failures: [], blocked: [], verdict: 'SAME', content: 'equal', ledger: 'gone' }

/** Migrates, with something done to it each time that `when` says so. */
async function migrateThrough(
  ends: Ends,
  { when, fault }: { when: (event: Event) => boolean; fault: () => Promise<void> | void },
): Promise<Pick<typeof WHOLE, 'wasHit' | 'verdict'> & Pick<RunReport, 'failures' | 'blocked'>> {
  const faults: Promise<void>[] = []
  const { failures, blocked, verdict } = await migrate({
    ...ends,
    jobs: 2,
    partSize: PART_SIZE,
    onEvent(event) {
      if (when(event)) faults.push(Promise.resolve(fault()))
    },
  })
  await Promise.all(faults)
  return { wasHit: faults.length > 0, failures, blocked, verdict }
}

/** What the target holds then, seen by other eyes than pgleap's. */
async function stateOf(target: string): Promise<Pick<typeof WHOLE, 'content' | 'ledger'>> {
  const isEqual = isDeepStrictEqual(await contentOf(target), await contentOf(source.url))
  return { content: isEqual ? 'equal' : 'different', ledger: (await hasLedger(target)) ? 'there' : 'gone' }
}

/** At the start of some steps, copies and others, and all through them. */
function nowAndThen(random: () => number): (event: Event) => boolean {
  let left = 8
  return (event) => {
    if (event.type !== 'step-started' && event.type !== 'step-progress') return false
    if (left === 0 || random() > 0.25) return false
    left -= 1
    return true
  }
}

function begins(phase: Phase): (event: Event) => boolean {
  return (event) => event.type === 'phase' && event.phase === phase
}

async function stallAndCut(proxy: FaultProxy): Promise<void> {
  proxy.stall()
  await sleep(300)
  await proxy.resume()
  proxy.cut()
}

async function cutSoon(proxy: FaultProxy): Promise<void> {
  await sleep(20)
  proxy.cut()
}

describe.each(['source', 'target'] as const)('connections to the %s', (side) => {
  const random = randomFrom(20_261_121)

  async function throughProxy<T extends object>(
    use: (ends: Ends, proxy: FaultProxy, target: string) => Promise<T>,
  ): Promise<T & Pick<typeof WHOLE, 'content' | 'ledger'>> {
    await using target = await freshDatabase(to)
    await using proxy = await faultProxy(side === 'source' ? from : to)
    const ends =
      side === 'source'
        ? { source: proxy.url(source.url), target: target.url }
        : { source: source.url, target: proxy.url(target.url) }
    const result = await use(ends, proxy, target.url)
    return { ...result, ...(await stateOf(target.url)) }
  }

  test('may all be cut, time and again, and the run goes on', async () => {
    const when = nowAndThen(random)
    const result = throughProxy((ends, proxy) => migrateThrough(ends, { when, fault: () => proxy.cut() }))
    expect(await result).toEqual(WHOLE)
  })

  test.each(['up', 'down'] as const)('may be cut one by one after some bytes %s', async (direction) => {
    const when = nowAndThen(random)
    const bytes = (): number => 1 + Math.floor(random() * 300_000)
    const result = throughProxy((ends, proxy) =>
      migrateThrough(ends, { when, fault: () => proxy.cutAfter(bytes(), direction) }),
    )
    expect(await result).toEqual(WHOLE)
  })

  test('may stall, and then be cut', async () => {
    let left = 2
    const when = (event: Event): boolean => event.type === 'step-progress' && left-- > 0
    const result = throughProxy((ends, proxy) => migrateThrough(ends, { when, fault: () => stallAndCut(proxy) }))
    expect(await result).toEqual(WHOLE)
  })

  test('may be cut while both sides are compared, and they are compared again', async () => {
    let left = 3
    const when = (event: Event): boolean => (event.type === 'verified' || begins('verify')(event)) && left-- > 0
    const result = throughProxy((ends, proxy) => migrateThrough(ends, { when, fault: () => cutSoon(proxy) }))
    expect(await result).toEqual(WHOLE)
  })

  test('may be cut at the very end', async () => {
    const when = begins('finish')
    const result = throughProxy((ends, proxy) => migrateThrough(ends, { when, fault: () => proxy.cut() }))
    expect(await result).toEqual(WHOLE)
  })

  test('that are cut before there is a plan end the command, and nothing is on the target', async () => {
    const result = throughProxy(async (ends, proxy, target) => {
      const options = { ...ends, jobs: 2, partSize: PART_SIZE }
      const onEvent = (event: Event): void => {
        if (begins('schema')(event)) proxy.cut()
      }
      await expect(migrate({ ...options, onEvent })).rejects.toMatchObject({ party: side })
      expect(await hasLedger(target)).toBe(false)
      // The same command again.
      const { verdict } = await migrate(options)
      return { verdict }
    })
    expect(await result).toMatchObject({ verdict: 'SAME', content: 'equal', ledger: 'gone' })
  })
})

describe('a target that is restarted', () => {
  test.each([
    ['fast', 'run'],
    ['immediate', 'run'],
    ['fast', 'verify'],
    ['immediate', 'finish'],
  ] as const)('(%s, in phase %s) is waited for', async (mode, phase) => {
    await using target = await freshDatabase(to)
    let inPhase = false
    let left = 1
    const when = (event: Event): boolean => {
      if (event.type === 'phase') inPhase = event.phase === phase
      const isNow = event.type === 'step-progress' || (event.type === 'phase' && phase !== 'run')
      return inPhase && isNow && left-- > 0
    }
    const ends = { source: source.url, target: target.url }
    const result = await migrateThrough(ends, { when, fault: () => to.restart(mode) })
    expect({ ...result, ...(await stateOf(target.url)) }).toEqual(WHOLE)
  })
})

test('a table that was truncated while no session held it is not taken for empty', async () => {
  await using own = await freshDatabase(from)
  await own.query(tables({ rows: 100_000 }))
  await using target = await freshDatabase(to)
  await using proxy = await faultProxy(from)
  let truncating: Promise<void> | undefined
  const truncate = async (): Promise<void> => {
    const held = `select from pg_stat_activity where application_name = 'pgleap: snapshot' and datname = current_database()
                     and backend_xmin is not null`
    while ((await own.query(held)).length < 3) await sleep(5)
    // Nothing reaches pgleap until the table is empty; the one reader that is left is enough for the others to go on.
    proxy.stall()
    await own.query(`select pg_terminate_backend(pid, 10000) from
                      (select pid from pg_stat_activity where application_name = 'pgleap: snapshot' and datname = current_database()
                        order by backend_start desc offset 1) others`)
    await own.query('truncate f.orders')
    await proxy.resume()
  }
  const run = migrate({
    source: proxy.url(own.url),
    target: target.url,
    jobs: 2,
    partSize: PART_SIZE,
    onEvent(event) {
      if (event.type === 'step-started' && event.step.kind === 'copy') truncating ??= truncate()
    },
  })
  await expect(run).rejects.toMatchObject({ code: 'snapshot.replaced', message: expect.stringContaining('f.orders') })
  await truncating
  expect(await hasLedger(target.url)).toBe(true)
})

describe('a source that is restarted', () => {
  test('is gone on with where nobody has written to it', async () => {
    await using target = await freshDatabase(to)
    let left = 1
    const when = (event: Event): boolean => event.type === 'step-progress' && left-- > 0
    const ends = { source: source.url, target: target.url }
    const result = await migrateThrough(ends, { when, fault: () => from.restart() })
    expect({ ...result, ...(await stateOf(target.url)) }).toEqual(WHOLE)
  })

  test('and written to is refused, until a new snapshot is allowed; then no table mixes two moments', async () => {
    await using own = await freshDatabase(from)
    await own.query(tables({ rows: 40_000 }))
    await own.query('create table f.was_empty (id int primary key); create table f.is_empty (id int primary key)')
    await using target = await freshDatabase(to)
    let part = 0
    const options = { source: own.url, target: target.url, jobs: 1, partSize: PART_SIZE }
    let restarting: Promise<unknown> | undefined
    const restart = async (): Promise<void> => {
      await from.restart('immediate')
      await own.query(`update f.big set payload = 'after' where id % 1000 = 0`)
      await own.query('insert into f.was_empty values (1)')
    }
    const run = migrate({
      ...options,
      onEvent(event) {
        if (event.type === 'step-done' && event.step.table === 'f.big') part += 1
        if (part === 2) restarting ??= restart()
      },
    })
    await expect(run).rejects.toMatchObject({ code: 'snapshot.lost', party: 'source' })
    await restarting
    expect(await hasLedger(target.url)).toBe(true)

    await expect(resume(options)).rejects.toMatchObject({ code: 'snapshot.lost' })
    await expect(migrate(options)).rejects.toMatchObject({
      code: 'snapshot.lost',
      hint: expect.stringContaining('--allow-new-snapshot'),
    })
    expect(await hasLedger(target.url)).toBe(true)

    const events: Event[] = []
    const report = await resume({ ...options, newSnapshot: 'allow', onEvent: (event) => events.push(event) })
    expect(events.find(({ type }) => type === 'resumed')).toMatchObject({ snapshot: 'new' })
    const told = events.flatMap((event) =>
      event.type === 'notice' && event.code === 'resume.older-rows' ? [event] : [],
    )
    expect(told.map(({ message }) => message)).toEqual([expect.stringContaining(': f.was_empty. Their rows')])
    // What was named is what is found to differ, and nothing else is: its only row came later.
    expect(report).toMatchObject({ verdict: 'DIFFERENT', failures: [] })
    expect(report.differences.map(({ object }) => object)).toEqual(['f.was_empty'])
  })
})
