import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Session } from '../../src/connection/index.ts'
import { PgleapError } from '../../src/errors.ts'
import { type Clock, type Prepared, RunLock, type Worker, openLedger } from '../../src/engine/index.ts'
import { type TestStep, step } from './steps.ts'
import { openSession, openWorker, run, startRun, takeUp, withTarget } from './target.ts'

const EFFECT = 'CREATE TABLE public.effect (step integer)'
const insert = (id: number): string => `INSERT INTO public.effect VALUES (${String(id)}) -- a comment`

async function effects(session: Session): Promise<number[]> {
  const rows = await session.query<{ step: number }>('SELECT step FROM public.effect ORDER BY step')
  return rows.map((row) => row.step)
}

describe('a run', () => {
  test('does every step once, writes down what was done, and a second call finds nothing to do', () =>
    withTarget(async (database, session) => {
      await session.script(EFFECT)
      const steps = Array.from({ length: 30 }, (_, at) =>
        step(at + 1, {
          ...(at % 3 === 0 ? {} : { batch: 'b' }),
          dependsOn: at < 5 ? [] : [at - 4],
          work: insert(at + 1),
        }),
      )
      const { outcome, events } = await run(database.url, await startRun(session, steps))
      expect(outcome).toMatchObject({ done: 30, failed: [], blocked: [] })
      expect(events.filter(({ type }) => type === 'step-done')).toHaveLength(30)
      expect((await openLedger(session))?.done.size).toBe(30)
      expect((await takeUp(database.url)).outcome.done).toBe(0)
      expect(await effects(session)).toEqual(steps.map(({ id }) => id))
    }))

  test('a task has what it moved in the ledger and in its events', () =>
    withTarget(async (database, session) => {
      const ledger = await startRun(session, [step(1, { table: 'public.t', bytes: 9 })])
      const { outcome, events } = await run(database.url, ledger, {
        prepare: () => ({ kind: 'task', run: async () => [{ bytes: 5, rows: 2 }] }),
      })
      expect(outcome.done).toBe(1)
      const ref = { id: 1, kind: 'test', label: 'step 1', table: 'public.t', bytes: 9, cost: 1 }
      expect(events).toEqual([
        { type: 'step-started', at: expect.any(Number), step: ref },
        { type: 'step-done', at: expect.any(Number), step: ref, ms: expect.any(Number), bytes: 5, rows: 2 },
      ])
      expect((await openLedger(session))?.done.get(1)).toMatchObject({ bytes: 5, rows: 2 })
    }))

  test('progress is told at most once in a while for each step', () =>
    withTarget(async (database, session) => {
      let now = 0
      const clock: Clock = { now: () => now, sleep: async () => {} }
      const prepare = (steps: readonly TestStep[]): Prepared<Worker> => ({
        kind: 'task',
        async run(_, context) {
          for (; now < 1000; now += 10) for (const { id } of steps) context.onProgress(id, { bytes: now, rows: 1 })
          return steps.map(() => ({ bytes: 1000, rows: 1 }))
        },
      })
      const ledger = await startRun(session, [step(1, { batch: 'b' }), step(2, { batch: 'b' })])
      const { events } = await run(database.url, ledger, { jobs: 1, clock, progressMs: 250, prepare })
      const told = events.filter((event) => event.type === 'step-progress')
      expect(told.map(({ step: ref, at, bytes }) => [ref.id, at, bytes])).toEqual(
        [0, 250, 500, 750].flatMap((at) => [
          [1, at, at],
          [2, at, at],
        ]),
      )
    }))
})

describe('a step that fails', () => {
  test('keeps only what depends on it from running, is written down, and is tried again by the next run', () =>
    withTarget(async (database, session) => {
      await session.script(EFFECT)
      const ledger = await startRun(session, [
        step(1, { work: insert(1) }),
        step(2, { work: `${insert(2)}\n; INSERT INTO public.missing VALUES (1)` }),
        step(3, { dependsOn: [2], work: insert(3) }),
        step(4, { dependsOn: [3], stage: 1, work: insert(4) }),
        step(5, { after: [2, 3, 4], stage: 1, work: insert(5) }),
      ])
      const { outcome, events } = await run(database.url, ledger)
      expect(outcome.done).toBe(2)
      expect(outcome.failed).toEqual([
        {
          step: ledger.steps[1],
          error: expect.objectContaining({ server: expect.objectContaining({ sqlstate: '42P01' }) }),
        },
      ])
      expect(outcome.blocked.map(({ id }) => id)).toEqual([3, 4])
      expect(events.filter(({ type }) => type === 'step-failed')).toMatchObject([
        { step: { id: 2 }, code: 'target.refused', sqlstate: '42P01' },
      ])
      expect(await effects(session)).toEqual([1, 5])
      expect((await openLedger(session))?.failures).toMatchObject([
        { step: 2, code: 'target.refused', sqlstate: '42P01' },
      ])

      await session.script('CREATE TABLE public.missing (x integer)')
      expect((await takeUp(database.url)).outcome).toMatchObject({ done: 3, failed: [], blocked: [] })
      expect(await effects(session)).toEqual([1, 2, 3, 4, 5])
      expect((await openLedger(session))?.failures).toEqual([])
    }))

  test('in a batch does not take the other members with it', () =>
    withTarget(async (database, session) => {
      await session.script(EFFECT)
      const steps = Array.from({ length: 10 }, (_, at) =>
        step(at + 1, { batch: 'b', work: at === 6 ? 'SELECT 1 / 0' : insert(at + 1), dependsOn: at === 8 ? [7] : [] }),
      )
      const sizes: number[] = []
      const { outcome } = await run(database.url, await startRun(session, steps), {
        jobs: 1,
        prepare(members) {
          sizes.push(members.length)
          return { kind: 'sql', statements: members.map(({ work }) => work) }
        },
      })
      expect(sizes).toEqual([10, 1, 1, 1, 1, 1, 1, 1, 1, 1])
      expect(outcome.failed.map((failure) => failure.step.id)).toEqual([7])
      expect(outcome.blocked.map(({ id }) => id)).toEqual([9])
      expect(await effects(session)).toEqual([1, 2, 3, 4, 5, 6, 8, 10])
    }))

  test('as a task leaves nothing behind, and a defect in its code is reported like any failure', () =>
    withTarget(async (database, session) => {
      await session.script(EFFECT)
      const { outcome } = await run(database.url, await startRun(session, [step(1), step(2)]), {
        prepare: ([first]) => ({
          kind: 'task',
          async run({ target }) {
            await target.script(insert(first?.id ?? 0))
            if (first?.id === 1) throw new TypeError('x is not a function')
            return [{ bytes: 0, rows: 1 }]
          },
        }),
      })
      expect(outcome.failed).toMatchObject([{ step: { id: 1 }, error: { name: 'TypeError' } }])
      expect(await effects(session)).toEqual([2])
      expect((await openLedger(session))?.failures).toMatchObject([{ step: 1, code: 'internal.unexpected' }])
    }))
})

describe('what may pass', () => {
  test.each(['40001', '40P01', '55P03'])('is tried again: SQLSTATE %s', (sqlstate) =>
    withTarget(async (database, session) => {
      await session.script(`${EFFECT}; CREATE SEQUENCE public.tries`)
      const work = `${insert(1)}\n; DO $$ BEGIN IF nextval('public.tries') < 4 THEN
        RAISE EXCEPTION 'not yet' USING ERRCODE = '${sqlstate}'; END IF; END $$`
      const { outcome, events } = await run(database.url, await startRun(session, [step(1, { work })]))
      expect(outcome).toMatchObject({ done: 1, failed: [] })
      expect(events.filter(({ type }) => type === 'step-retry')).toMatchObject([
        { attempt: 1, reason: expect.stringContaining('not yet') },
        { attempt: 2 },
        { attempt: 3 },
      ])
      expect(await effects(session)).toEqual([1])
    }),
  )

  test('is a failure when it does not pass: so many attempts, and no more', () =>
    withTarget(async (database, session) => {
      const work = `DO $$ BEGIN RAISE EXCEPTION 'never' USING ERRCODE = '40001'; END $$`
      const ledger = await startRun(session, [step(1, { work }), step(2, { work: 'SELECT 1' })])
      const { outcome, events } = await run(database.url, ledger, { retry: { attempts: 4, baseMs: 1 } })
      expect(events.filter(({ type }) => type === 'step-retry')).toHaveLength(3)
      expect(outcome).toMatchObject({ done: 1, failed: [{ step: { id: 1 } }] })
    }))

  test('is not waited for longer than the policy says', () =>
    withTarget(async (database, session) => {
      let now = 0
      const clock: Clock = { now: () => now, sleep: async (ms) => void (now += ms) }
      const work = `DO $$ BEGIN RAISE EXCEPTION 'never' USING ERRCODE = '40001'; END $$`
      const { events } = await run(database.url, await startRun(session, [step(1, { work })]), {
        clock,
        retry: { attempts: 99, baseMs: 1000, capMs: 8000, maxMs: 60_000 },
      })
      expect(now).toBeLessThanOrEqual(60_000)
      expect(now).toBeGreaterThan(45_000)
      expect(events.filter(({ type }) => type === 'step-retry').length).toBeGreaterThan(6)
    }))
})

describe('an error that concerns the whole run', () => {
  test.each([
    ['a lost snapshot', new PgleapError({ code: 'snapshot.lost', message: 'gone', party: 'source' })],
    ['what the caller calls fatal', new PgleapError({ code: 'my.own', message: 'stop', party: 'source' })],
  ])('ends it after what is running, and rejects with it: %s', (_, error) =>
    withTarget(async (database, session) => {
      await session.script(EFFECT)
      const steps = Array.from({ length: 50 }, (_, at) => step(at + 1))
      const ran = run(database.url, await startRun(session, steps), {
        isFatal: (failure) => failure instanceof PgleapError && failure.code === 'my.own',
        prepare: ([first]) => ({
          kind: 'task',
          async run({ target }) {
            if (first?.id === 1) throw error
            await target.script(`SELECT pg_sleep(0.3); ${insert(first?.id ?? 0)}`)
            return [{ bytes: 0, rows: 1 }]
          },
        }),
      })
      await expect(ran).rejects.toBe(error)
      expect(await effects(session)).toEqual([2])
      expect(await openLedger(session)).toMatchObject({ done: { size: 1 }, failures: [] })
    }),
  )

  test('a full disk on the target is one', () =>
    withTarget(async (database, session) => {
      const work = `DO $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$`
      const ledger = await startRun(session, [step(1, { work }), step(2, { dependsOn: [1] })])
      await expect(run(database.url, ledger)).rejects.toMatchObject({ code: 'target.disk-full', party: 'target' })
    }))

  test('a target that cannot be reached at all is one', () =>
    withTarget(async (database, session) => {
      const ledger = await startRun(session, [step(1), step(2)])
      const nobody = 'postgres://postgres@127.0.0.1:6179/none'
      const ran = run(database.url, ledger, { openWorker: () => openWorker(nobody), retry: { attempts: 3, baseMs: 1 } })
      await expect(ran).rejects.toMatchObject({ code: 'connect.refused' })
    }))
})

describe('an abort', () => {
  test('cancels what runs on the server, rolls it back and leaves no session', () =>
    withTarget(async (database, session) => {
      await session.script(EFFECT)
      const steps = [
        step(1, { cost: 9, work: insert(1) }),
        step(2, { work: `${insert(2)}\n; SELECT pg_sleep(3600)`, dependsOn: [1] }),
        step(3, { work: `${insert(3)}\n; SELECT pg_sleep(3600)`, dependsOn: [1] }),
      ]
      const ledger = await startRun(session, steps)
      const interrupt = new AbortController()
      const ran = run(database.url, ledger, { signal: interrupt.signal })
      const asleep = `SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`
      while ((await session.query(asleep)).length < 2) await sleep(10)
      interrupt.abort()
      await expect(ran).rejects.toMatchObject({ code: 'run.interrupted', party: 'interrupted' })
      expect(await session.query(asleep)).toEqual([])
      expect(await effects(session)).toEqual([1])
      expect(await openLedger(session)).toMatchObject({ done: { size: 1 }, failures: [] })
    }))

  test('ends a pause between two attempts', () =>
    withTarget(async (database, session) => {
      const work = `DO $$ BEGIN RAISE EXCEPTION 'never' USING ERRCODE = '40001'; END $$`
      const interrupt = new AbortController()
      const ran = run(database.url, await startRun(session, [step(1, { work })]), {
        signal: interrupt.signal,
        retry: { baseMs: 3_600_000, capMs: 3_600_000, maxMs: 9e9 },
        emit: ({ type }) => void (type === 'step-retry' && setImmediate(() => interrupt.abort())),
      })
      await expect(ran).rejects.toMatchObject({ code: 'run.interrupted' })
    }))

  test('before the start does nothing', () =>
    withTarget(async (database, session) => {
      const ran = run(database.url, await startRun(session, [step(1)]), { signal: AbortSignal.abort() })
      await expect(ran).rejects.toMatchObject({ code: 'run.interrupted' })
      expect((await openLedger(session))?.done.size).toBe(0)
    }))
})

describe('the lock of a run', () => {
  test('keeps a second process out while the first one has it', () =>
    withTarget(async (database) => {
      const open = (): Promise<Session> => openSession(database.url)
      const first = await RunLock.acquire(open)
      await expect(RunLock.acquire(open)).rejects.toMatchObject({ code: 'ledger.locked', party: 'target' })
      await first.release()
      await (await RunLock.acquire(open)).release()
    }))

  test('is taken again when its session was lost, but not from somebody else', () =>
    withTarget(async (database, session) => {
      const sessions: Session[] = []
      const open = async (): Promise<Session> => {
        const opened = await openSession(database.url)
        sessions.push(opened)
        return opened
      }
      await using lock = await RunLock.acquire(open)
      const lose = async (): Promise<void> => {
        const last = sessions.at(-1)
        await session.query('SELECT pg_terminate_backend($1, 5000)', [last?.pid])
        await expect.poll(() => last?.broken).toBe(true)
      }
      await lose()
      await Promise.all([lock.ensure(), lock.ensure()])
      expect(sessions).toHaveLength(2)
      await lose()
      await using _other = await RunLock.acquire(() => openSession(database.url))
      await expect(lock.ensure()).rejects.toMatchObject({ code: 'ledger.locked' })
    }))

  test('ends what a killed process has left on the server, before anything else is read', () =>
    withTarget(async (database, session) => {
      await session.script(EFFECT)
      const ledger = await startRun(session, [step(1, { work: `${insert(1)}\n; SELECT pg_sleep(1)` })])
      const left = run(database.url, ledger, { retry: { attempts: 1 } })
      const asleep = `SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`
      while ((await session.query(asleep)).length === 0) await sleep(10)
      // What the death of the process does to its run lock, which has nothing under way.
      await session.query(
        `SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'`,
      )
      await using _lock = await RunLock.acquire(() => openSession(database.url))
      expect(await session.query(asleep)).toEqual([])
      expect((await openLedger(session))?.done.size).toBe(0)
      expect((await left).outcome.done).toBe(0)
      expect(await effects(session)).toEqual([])
    }))
})
