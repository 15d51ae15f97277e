import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Session } from '../../src/connection/index.ts'
import { type Prepared, type Worker, openLedger } from '../../src/engine/index.ts'
import type { Event } from '../../src/report/index.ts'
import { bundled, faultProxy, freshDatabase, freshRole, server as sharedServer, startServer } from '../kit/index.ts'
import { type TestStep, step } from './steps.ts'
import { MAJOR, openSession, openWorker, run, sqlOf, startRun, takeUp, withTarget } from './target.ts'

/** Each step adds one row and must do so once; `pause` is how long it takes. */
function inserts(count: number, { pause = 0, batch = 3 } = {}): TestStep[] {
  return Array.from({ length: count }, (_, at) =>
    step(at + 1, {
      ...(at % batch === 0 ? { batch: 'b' } : {}),
      dependsOn: at < 10 ? [] : [at - 9],
      work: `INSERT INTO public.effect VALUES (${String(at + 1)})\n; SELECT pg_sleep(${String(pause)})`,
    }),
  )
}

async function begin(session: Session, steps: TestStep[]): ReturnType<typeof startRun> {
  await session.script('CREATE TABLE public.effect (step integer)')
  return startRun(session, steps)
}

/** The invariant of all that follows: what the ledger says is what is there, each step's effect once. */
async function expectExact(session: Session): Promise<void> {
  const ledger = await openLedger(session)
  const effects = await session.query<{ step: number }>('SELECT step FROM public.effect ORDER BY step')
  expect(effects.map((row) => row.step)).toEqual([...(ledger?.done.keys() ?? [])])
  expect(effects).toHaveLength(ledger?.steps.length ?? -1)
}

const asTask = (steps: readonly TestStep[]): Prepared<Worker> => ({
  kind: 'task',
  async run({ target }) {
    for (const { work } of steps) await target.script(work)
    return steps.map(() => ({ bytes: 1, rows: 1 }))
  },
})

describe('a server that has few connections left', () => {
  test('is worked on with as many as it lets in', async () => {
    const server = await sharedServer(MAJOR)
    await using role = await freshRole(server, { attributes: 'login connection limit 4' })
    await using database = await freshDatabase(server, { owner: role.name })
    const url = database.urlFor(role.name)
    await using session = await openSession(url)
    const ledger = await begin(session, inserts(60, { pause: 0.01 }))
    // Beside this session and the lock's, two are left.
    const { outcome, events } = await run(url, ledger, { jobs: 5 })
    expect(outcome).toMatchObject({ done: 60, failed: [], blocked: [] })
    await expectExact(session)
    const notices = events.filter((event) => event.type === 'notice')
    expect(notices.map(({ code }) => code)).toEqual(Array(3).fill('run.fewer-workers'))
    expect(notices[2]?.message).toMatch(/too many connections.* The run goes on with 2 of 5 workers\.$/)
  })

  test('ends the run where it lets none in, with nothing failed', async () => {
    const server = await sharedServer(MAJOR)
    await using role = await freshRole(server, { attributes: 'login connection limit 2' })
    await using database = await freshDatabase(server, { owner: role.name })
    const url = database.urlFor(role.name)
    await using session = await openSession(url)
    const ledger = await begin(session, inserts(3))
    await expect(run(url, ledger, { jobs: 3 })).rejects.toMatchObject({ code: 'connect.too-many' })
    expect(await openLedger(session)).toMatchObject({ failures: [], done: new Map() })
  })
})

describe('a process that is killed', () => {
  test(
    'at thirty random moments loses nothing and does nothing twice',
    () =>
      withTarget(async (database, session) => {
        await begin(session, inserts(3000, { pause: 0.004 }))
        const fixture = await bundled(fileURLToPath(new URL('fixtures/take-up.ts', import.meta.url)))
        for (let life = 1; life <= 30; life += 1) {
          const child = spawn(process.execPath, [fixture, database.url], {
            stdio: ['ignore', 'pipe', 'inherit'],
          })
          const ended = once(child, 'exit')
          await once(child.stdout, 'data')
          await sleep(Math.random() * 120)
          child.kill('SIGKILL')
          expect(await ended).toEqual([null, 'SIGKILL'])
        }
        await takeUp(database.url)
        await expectExact(session)
      }),
    240_000,
  )
})

describe('a COMMIT without an answer', () => {
  test.each([
    ['statements', sqlOf],
    ['a task', asTask],
  ])('that went through is not done again: %s', (_, prepare) =>
    withTarget(async (database, session) => {
      const ledger = await begin(session, inserts(1))
      await using proxy = await faultProxy(database.server.port)
      let attempts = 0
      const lose = async (): Promise<void> => {
        proxy.halfOpen('down')
        while ((await session.query('SELECT FROM pgleap.done')).length === 0) await sleep(5)
        await proxy.resume()
        proxy.cut()
      }
      let losing: Promise<void> | undefined
      const { outcome, events } = await run(database.url, ledger, {
        openWorker: (signal) => openWorker(proxy.url(database.url), signal),
        prepare(steps) {
          attempts += 1
          const prepared = prepare(steps)
          if (prepared.kind === 'sql') {
            losing = lose()
            return prepared
          }
          return {
            kind: 'task',
            async run(worker, context) {
              const results = await prepared.run(worker, context)
              losing = lose()
              return results
            },
          }
        },
      })
      await losing
      expect(attempts).toBe(1)
      expect(outcome).toMatchObject({ done: 1, failed: [] })
      expect(events.filter(({ type }) => type === 'step-retry')).toHaveLength(1)
      await expectExact(session)
    }),
  )

  test('that is still under way on the server is ended before the step is done again', () =>
    withTarget(async (database, session) => {
      const ledger = await begin(session, [step(1, { work: 'INSERT INTO public.effect VALUES (1)' })])
      await using proxy = await faultProxy(database.server.port)
      const slow: Prepared<Worker> = {
        kind: 'sql',
        statements: ['INSERT INTO public.effect VALUES (1)', 'SELECT pg_sleep(1)'],
      }
      let attempts = 0
      const ran = run(database.url, ledger, {
        openWorker: (signal) => openWorker(proxy.url(database.url), signal),
        prepare(steps) {
          attempts += 1
          return attempts === 1 ? slow : sqlOf(steps)
        },
      })
      const asleep = `SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`
      while ((await session.query(asleep)).length === 0) await sleep(5)
      proxy.cut()
      expect((await ran).outcome).toMatchObject({ done: 1, failed: [] })
      await expectExact(session)
    }))

  test.each([
    ['statements', sqlOf],
    ['a task', asTask],
  ])('or with half of it on its way is resolved wherever the connection is cut: %s', (_, prepare) =>
    withTarget(async (database, session) => {
      const ledger = await begin(session, inserts(60))
      await using proxy = await faultProxy(database.server.port)
      let pieces = 0
      const { outcome } = await run(database.url, ledger, {
        openWorker: (signal) => openWorker(proxy.url(database.url), signal),
        prepare(steps) {
          pieces += 1
          if (pieces % 3 === 0) proxy.cutAfter(1 + Math.floor(Math.random() * 1500), pieces % 2 === 0 ? 'up' : 'down')
          return prepare(steps)
        },
      })
      expect(outcome).toMatchObject({ failed: [], blocked: [] })
      await expectExact(session)
    }),
  )
})

describe('a target that is restarted in the middle of a run', () => {
  test.each(['fast', 'immediate'] as const)('is waited for, and every step is done once: %s', async (mode) => {
    await using server = await startServer({ major: MAJOR })
    {
      await using database = await freshDatabase(server)
      {
        await using session = await openSession(database.url)
        await begin(session, inserts(150, { pause: 0.01 }))
      }
      let started = 0
      const ran = takeUp(database.url, {
        retry: { baseMs: 100, capMs: 1000 },
        emit: ({ type }) => void (type === 'step-started' && (started += 1)),
      })
      await expect.poll(() => started).toBeGreaterThan(40)
      await server.restart(mode)
      expect((await ran).outcome).toMatchObject({ failed: [], blocked: [] })
      await using session = await openSession(database.url)
      await expectExact(session)
    }
  })

  test('with commits lost in a crash is noticed, and those steps are done again', async () => {
    // Nothing is flushed by itself for ten seconds, so the crash takes all that the workers have committed.
    await using server = await startServer({ major: MAJOR, settings: { wal_writer_delay: '10s' } })
    {
      await using database = await freshDatabase(server)
      {
        await using session = await openSession(database.url)
        await begin(session, inserts(150, { pause: 0.01 }))
      }
      const events: Event[] = []
      const of = (type: Event['type']): Event[] => events.filter((event) => event.type === type)
      const ran = takeUp(database.url, { events, retry: { baseMs: 100, capMs: 1000 } })
      await expect.poll(() => of('step-done').length).toBeGreaterThan(40)
      await server.kill()
      await server.start()
      expect((await ran).outcome).toMatchObject({ done: 150, failed: [], blocked: [] })
      expect(of('notice')).toMatchObject([{ level: 'warning', code: 'target.lost-commits' }])
      expect(of('step-done').length).toBeGreaterThan(150)
      await using session = await openSession(database.url)
      await expectExact(session)
    }
  })
})
