import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advance, initialState } from '../../src/report/index.ts'
import type { Event, ViewState } from '../../src/report/index.ts'
import { moved, rates } from '../../src/report/state.ts'
import { fractionDone, timeLeft } from '../../src/report/time-left.ts'
import { sampleEvents, step } from './samples.ts'
import { eventStream } from './streams.ts'

function after(events: readonly Event[]): ViewState {
  return events.reduce(advance, initialState)
}

describe('the state of a run', () => {
  test('counts what is done, failed, retried and moved', () => {
    const state = after(sampleEvents)
    expect(state).toMatchObject({ done: 3, failed: 1, retries: 1, doneBytes: 10_100_000, doneRows: 101_000 })
    expect(state.verified).toEqual({ SAME: 1, DIFFERENT: 1, UNKNOWN: 0 })
    expect(state.running.size).toBe(0)
    expect(state.finished?.verdict).toBe('DIFFERENT')
  })

  test('forgets what a step had moved when it is tried again', () => {
    const state = after(sampleEvents.slice(0, 12))
    expect(sampleEvents[11]?.type).toBe('step-retry')
    expect(moved(state).bytes).toBe(2_000_000)
  })

  test('never changes the state that it is given', () => {
    const frozen = Object.freeze({ ...initialState, running: Object.freeze(new Map()) })
    for (const event of sampleEvents) advance(frozen, event)
    expect(frozen).toEqual(initialState)
  })

  test('shows a stall: the rate sinks while nothing moves', () => {
    const copy = step(1, 'copy', 1000)
    const moving = after([
      { type: 'phase', at: 0, phase: 'run' },
      { type: 'step-progress', at: 1000, step: copy, bytes: 100, rows: 1 },
      { type: 'step-progress', at: 3000, step: copy, bytes: 300, rows: 3 },
    ])
    expect(rates(moving)?.bytes).toBe(100)
    expect(rates({ ...moving, now: 5000 })?.bytes).toBe(50)
  })

  test('whatever the stream, counters add up and no number is odd', () => {
    fc.assert(
      fc.property(eventStream, (events) => {
        let before = initialState
        for (const event of events) {
          const state = advance(before, event)
          expect(state.now).toBeGreaterThanOrEqual(before.now)
          expect(state.done + state.failed).toBeGreaterThanOrEqual(before.done + before.failed)
          before = state
        }
        expect(before.done).toBe(events.filter((event) => event.type === 'step-done').length)
        expect(before.failed).toBe(events.filter((event) => event.type === 'step-failed').length)
        const rate = rates(before)?.bytes ?? 0
        expect(Number.isFinite(rate) && rate >= 0).toBe(true)
      }),
    )
  })
})

describe('the time that is left', () => {
  const copy = step(1, 'copy', 1000, 'public.t', 800)
  const index = step(2, 'index', 0, 'public.t', 200)
  const begin: Event[] = [
    { type: 'plan', at: 0, steps: 2, tables: 1, bytes: 1000, estimateMs: 10_000, cost: 1000 },
    { type: 'phase', at: 0, phase: 'run' },
  ]

  test('is the estimate of the plan at the start', () => {
    expect(timeLeft(after(begin))).toBe(10_000)
  })

  test('follows the pace so far once a quarter is done', () => {
    const state = after([...begin, { type: 'step-progress', at: 20_000, step: copy, bytes: 625, rows: 0 }])
    expect(fractionDone(state)).toBe(0.5)
    expect(timeLeft(state)).toBe(20_000)
  })

  test('counts steps without bytes by their cost', () => {
    const done: Event = { type: 'step-done', at: 8000, step: copy, ms: 8000, bytes: 1000, rows: 5 }
    expect(fractionDone(after([...begin, done]))).toBe(0.8)
    const running = after([...begin, done, { type: 'step-started', at: 8000, step: index }])
    expect(fractionDone({ ...running, now: 8100 })).toBeCloseTo(0.9)
  })

  test('counts bytes where the plan knows no costs, and steps where it knows no bytes', () => {
    const { cost: _, ...plain } = copy
    const bytes = after([
      { type: 'plan', at: 0, steps: 2, tables: 1, bytes: 2000, estimateMs: 0 },
      { type: 'step-done', at: 1, step: plain, ms: 1, bytes: 900, rows: 1 },
    ])
    expect(fractionDone(bytes)).toBe(0.5)
    const steps = after([
      { type: 'plan', at: 0, steps: 4, tables: 0, bytes: 0, estimateMs: 0 },
      { type: 'step-done', at: 1, step: { ...plain, bytes: 0 }, ms: 1, bytes: 0, rows: 0 },
    ])
    expect(fractionDone(steps)).toBe(0.25)
  })

  test('is unknown before there is a plan', () => {
    expect(timeLeft(after([{ type: 'phase', at: 0, phase: 'run' }]))).toBeUndefined()
  })

  test('whatever the stream, is never negative and the share done never leaves 0 to 1', () => {
    fc.assert(
      fc.property(eventStream, (events) => {
        const state = after(events)
        const fraction = fractionDone(state) ?? 0
        expect(fraction >= 0 && fraction <= 1).toBe(true)
        const left = timeLeft(state) ?? 0
        expect(Number.isFinite(left) && left >= 0).toBe(true)
      }),
    )
  })
})
