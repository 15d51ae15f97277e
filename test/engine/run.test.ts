import { describe, expect, test } from 'vitest'
import { openLedger } from '../../src/engine/index.ts'
import { step } from './steps.ts'
import { run, startRun, withTarget } from './target.ts'

describe('a run', () => {
  test('does every step once and writes down what was done', () =>
    withTarget(async (database, session) => {
      await session.script('CREATE TABLE public.effect (step integer)')
      const steps = Array.from({ length: 30 }, (_, at) =>
        step(at + 1, {
          ...(at % 3 === 0 ? {} : { batch: 'b' }),
          dependsOn: at < 5 ? [] : [at - 4],
          work: `INSERT INTO public.effect VALUES (${String(at + 1)}) -- a comment`,
        }),
      )
      const { outcome, events } = await run(database.url, await startRun(session, steps))
      expect(outcome).toMatchObject({ done: 30, failed: [], blocked: [] })
      expect(events.filter(({ type }) => type === 'step-done')).toHaveLength(30)
      expect((await openLedger(session))?.done.size).toBe(30)
      expect(await session.query('SELECT FROM public.effect')).toHaveLength(30)
    }))
})
