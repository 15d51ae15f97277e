import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorIn } from '../../src/online/apply-log.ts'
import { alarmsOf, type Seen } from '../../src/online/alarms.ts'
import { forecastOf, lagOf, standsStillMs, type LagPoint } from '../../src/online/lag.ts'
import type { OnlineRecord } from '../../src/online/record.ts'
import type { ApplyState } from '../../src/online/sample.ts'

const MB = 1024 ** 2

const at = (second: number, wal: number, flushed: number) => ({
  at: second * 1_000,
  wal: wal * MB,
  flushed: flushed * MB,
})

describe('the lag', () => {
  test('is unknown without a slot to ask, and never 0 for that', () => {
    expect(lagOf([])).toEqual({ bytes: null, ms: null, how: 'unknown' })
  })

  test('is the age of the WAL that is applied next, as far back as it was seen', () => {
    const points = [
      { at: 0, wal: 0, flushed: 0 },
      { at: 1_000, wal: 10 * MB, flushed: 0 },
      { at: 3_000, wal: 30 * MB, flushed: 5 * MB },
    ]
    expect(lagOf(points)).toEqual({ bytes: 25 * MB, ms: 2_500, how: 'measured' })
  })

  test('of a stalled stream grows, in bytes and in seconds', () => {
    const stalled = [0, 1, 2, 3].map((second) => ({ at: second * 1_000, wal: second * MB, flushed: 0 }))
    expect(lagOf(stalled)).toEqual({ bytes: 3 * MB, ms: 3_000, how: 'measured' })
    expect(forecastOf(stalled)).toEqual({ verdict: 'in step', etaMs: 0 })
    const later = [...stalled, { at: 9_000, wal: 9 * MB, flushed: 0 }]
    expect(forecastOf(later)).toEqual({ verdict: 'stands still', etaMs: null })
  })

  test('that is older than what was seen is estimated by the pace of the WAL, and unknown where that stands still', () => {
    const behind = { wal: 100 * MB, flushed: 10 * MB }
    expect(lagOf([{ at: 0, ...behind }])).toMatchObject({ bytes: 90 * MB, ms: null, how: 'unknown' })
    expect(
      lagOf([
        { at: 0, ...behind },
        { at: 1_000, ...behind },
      ]),
    ).toMatchObject({ ms: null, how: 'unknown' })
    expect(
      lagOf([
        { at: 0, ...behind },
        { at: 1_000, wal: 110 * MB, flushed: 10 * MB },
      ]),
    ).toEqual({
      bytes: 100 * MB,
      ms: 10_000,
      how: 'estimated',
    })
  })

  test('is never negative, and 0 only where everything is applied', () => {
    const steps = fc.array(
      fc.record({ ms: fc.integer({ min: 1, max: 1e4 }), wal: fc.nat(1e6), flushed: fc.nat(1e6) }),
      {
        minLength: 1,
        maxLength: 20,
      },
    )
    fc.assert(
      fc.property(steps, (list) => {
        let now = { at: 0, wal: 0, flushed: 0 }
        const points = list.map(({ ms, wal, flushed }) => {
          const end = now.wal + wal
          now = { at: now.at + ms, wal: end, flushed: Math.min(end, now.flushed + flushed) }
          return now
        })
        const { bytes, ms, how } = lagOf(points)
        expect(bytes).toBe(now.wal - now.flushed)
        expect(ms === null || ms >= 0).toBe(true)
        expect((bytes ?? 0) > 0 || (ms === 0 && how === 'measured')).toBe(true)
      }),
    )
  })
})

describe('the forecast', () => {
  test('says when a stream that applies more than is written will be in step', () => {
    expect(forecastOf([at(0, 100, 0), at(1, 110, 20)])).toEqual({ verdict: 'converges', etaMs: 9_000 })
  })

  test('says that it never will be where more is written than applied', () => {
    expect(forecastOf([at(0, 100, 0), at(1, 130, 20)])).toEqual({ verdict: 'diverges', etaMs: null })
  })

  test('takes two looks', () => {
    expect(forecastOf([at(0, 1, 0)])).toEqual({ verdict: 'unknown', etaMs: null })
  })
})

describe('a log of the server', () => {
  test('tells the last error of a subscription, with its row', () => {
    const log = [
      '2026-01-01 UTC [1] ERROR:  duplicate key value violates unique constraint "item_pkey"',
      '2026-01-01 UTC [1] DETAIL:  Key (id)=(1) already exists.',
      '2026-01-01 UTC [1] CONTEXT:  processing remote data for replication origin "pg_77" during message type "INSERT" in transaction 7',
      '2026-01-01 UTC [2] LOG:  background worker "logical replication worker" (PID 1) exited with exit code 1',
    ].join('\n')
    expect(errorIn(log, 77)).toMatch(
      /^duplicate key value .*; Key \(id\)=\(1\) already exists\.; processing remote data/u,
    )
    expect(errorIn('nothing of that kind', 77)).toBeUndefined()
  })
})

const RECORD: OnlineRecord = {
  id: '0',
  source: { describe: '', connection: '' },
  reach: { sourceFromTarget: undefined, targetFromSource: undefined },
  tables: [],
  choices: { owners: 'keep', privileges: 'keep', tablespaces: 'keep', roleMap: {} },
  phase: 'streaming',
  active: 'source',
  shutOut: { source: [], target: [] },
  switches: 0,
  changes: [],
  wayBack: 'with',
  handedOver: [],
}

const seen = (points: readonly LagPoint[], apply: Partial<ApplyState> = {}, fails: Seen['fails'] = 'no'): Seen => ({
  record: RECORD,
  sides: { source: { where: 's', writes: 'open' }, target: { where: 't', writes: 'closed' } },
  stream: {
    sample: undefined,
    budget: undefined,
    apply: { oid: 1, state: 'running', pid: 1, silentMs: 0, notReady: [], counters: undefined, ...apply },
    lastError: undefined,
  },
  points,
  fails,
  foreign: [],
  drift: [],
})

const codes = (one: Seen) => alarmsOf(one).map(({ code }) => code)

const still = (seconds: number) => Array.from({ length: seconds / 2 + 1 }, (_, i) => at(i * 2, 10, 4))

describe('a stream that stands still', () => {
  test('is an alarm after a minute, also where nothing more is written meanwhile', () => {
    expect(standsStillMs(still(60))).toBe(60_000)
    expect(codes(seen(still(58)))).toEqual([])
    expect(codes(seen(still(60)))).toEqual(['online.stalled'])
    const writing = Array.from({ length: 31 }, (_, i) => at(i * 2, 10 + i, 4))
    expect(codes(seen(writing))).toEqual(['online.stalled'])
  })

  test('is none once something was applied, nor where nothing is to be applied', () => {
    expect(codes(seen([...still(120), at(122, 10, 5)]))).toEqual([])
    expect(codes(seen(Array.from({ length: 61 }, (_, i) => at(i * 2, 10, 10))))).toEqual([])
    // It was in step, and has been behind for a second.
    expect(codes(seen([at(0, 10, 10), at(119, 10, 10), at(120, 11, 10)]))).toEqual([])
    expect(standsStillMs([])).toBe(0)
  })

  test('errors that are over are no alarm, those of a moment ago and a worker that does not run for them are', () => {
    const counters = { errors: 3, syncErrors: 0, conflicts: undefined }
    expect(codes(seen([], { counters }))).toEqual([])
    expect(codes(seen([], { counters }, 'now'))).toEqual(['online.apply-error'])
    expect(codes(seen([], { counters, state: 'not running', pid: null }))).toEqual(['online.apply-error'])
    // Before 15 nothing is counted.
    expect(codes(seen([], { state: 'not running', pid: null }))).toEqual(['online.apply-error'])
  })
})
