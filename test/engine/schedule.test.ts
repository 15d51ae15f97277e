import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Lock, type Piece, Schedule, type Step } from '../../src/engine/index.ts'
import { type TestStep, step } from './steps.ts'

const ids = (piece: Piece | undefined): number[] | undefined => piece?.steps.map(({ id }) => id)
const plain = (steps: TestStep[], workers = 1): Schedule<string> => new Schedule(steps, { done: [], workers })

describe('order', () => {
  test('the step with the longest chain of cost behind it goes first, then the lowest id', () => {
    const schedule = plain([
      step(1, { cost: 5 }),
      step(2, { cost: 1 }),
      step(3, { cost: 9, dependsOn: [2] }),
      step(4, { cost: 5 }),
    ])
    expect([schedule.next(), schedule.next(), schedule.next(), schedule.next()].map(ids)).toEqual([
      [2],
      [1],
      [4],
      undefined,
    ])
  })

  test('costs of later stages and of steps that are done do not count', () => {
    const steps = [
      step(1, { cost: 2 }),
      step(2, { cost: 3 }),
      step(3, { cost: 99, stage: 1, dependsOn: [1] }),
      step(4, { cost: 99, dependsOn: [1] }),
    ]
    expect(ids(new Schedule(steps, { done: [4], workers: 1 }).next())).toEqual([2])
  })

  test('a step of a later stage waits for all of the earlier one, even for what failed', () => {
    const schedule = plain([step(1), step(2, { stage: 5 }), step(3, { stage: 5, dependsOn: [1] })])
    const first = schedule.next()
    expect(schedule.next()).toBeUndefined()
    if (first !== undefined) schedule.failed(first)
    expect(ids(schedule.next())).toEqual([2])
    expect(schedule.blocked.map(({ id }) => id)).toEqual([3])
  })

  test('a plan whose steps are all done, or that has none, is finished', () => {
    expect(plain([]).finished).toBe(true)
    expect(new Schedule([step(1), step(2, { stage: 3 })], { done: [1, 2], workers: 1 }).finished).toBe(true)
  })
})

describe('a plan that cannot be run', () => {
  test.each([
    [
      'steps that wait for each other',
      [step(1, { after: [3] }), step(2, { dependsOn: [1] }), step(3, { dependsOn: [2] })],
    ],
    ['a step that waits for itself', [step(1, { dependsOn: [1] })]],
    ['a step that waits for a later stage', [step(1, { after: [2] }), step(2, { stage: 1 })]],
    ['a step that waits for one that does not exist', [step(1, { dependsOn: [7] })]],
    ['ids with a gap', [step(1), step(3)]],
  ])('is refused before it starts: %s', (_, steps) => {
    expect(() => plain(steps)).toThrow(expect.objectContaining({ code: 'internal.plan', party: 'internal' }))
  })

  test('a circle is named by its steps', () => {
    const steps = [step(1), step(2, { dependsOn: [1, 3] }), step(3, { after: [2] }), step(4, { dependsOn: [3] })]
    expect(() => plain(steps)).toThrow('step 2 (step 2) <- step 3 (step 3) <- step 2 (step 2)')
  })
})

describe('batches', () => {
  test('a chain of steps with one key makes one batch, up to the number or the cost', () => {
    const chain = Array.from({ length: 450 }, (_, at) =>
      step(at + 1, { dependsOn: at === 0 ? [] : [at], batch: 'ddl' }),
    )
    const sizes = []
    const schedule = plain(chain)
    for (let piece = schedule.next(); piece !== undefined; piece = schedule.next()) {
      sizes.push(piece.steps.length)
      schedule.succeeded(piece)
    }
    expect(sizes).toEqual([200, 200, 50])
    const costly = chain.map((one) => ({ ...one, cost: 100 }))
    expect(plain(costly).next()?.steps.length).toBe(5)
    expect(plain([step(1, { cost: 9999, batch: 'ddl' })]).next()?.steps.length).toBe(1)
  })

  test('ready steps are shared out among the workers, lowest ids first', () => {
    const schedule = plain(
      Array.from({ length: 8 }, (_, at) => step(at + 1, { batch: 'copy', cost: at })),
      2,
    )
    expect(ids(schedule.next())).toEqual([1, 2, 3, 4])
    expect(ids(schedule.next())).toEqual([5, 6])
  })

  test('the steps of a failed batch come again one by one, and only the bad one fails', () => {
    const steps = [
      step(1, { batch: 'b' }),
      step(2, { batch: 'b', dependsOn: [1] }),
      step(3, { batch: 'b', after: [2] }),
    ]
    const schedule = plain(steps)
    const seen: (number[] | undefined)[] = []
    const verdicts: string[] = []
    for (let piece = schedule.next(); piece !== undefined; piece = schedule.next()) {
      seen.push(ids(piece))
      if (piece.steps.some(({ id }) => id === 2)) verdicts.push(schedule.failed(piece))
      else schedule.succeeded(piece)
    }
    expect(seen).toEqual([[1, 2, 3], [1], [2], [3]])
    expect(verdicts).toEqual(['retry-alone', 'failed'])
    expect(schedule.finished).toBe(true)
  })

  test('steps that had to wait for a lock still make one batch once it is free', () => {
    const locks: Lock[] = [{ object: 'schema', mode: 'exclusive' }]
    const schedule = plain([
      step(1, { locks, cost: 9 }),
      ...Array.from({ length: 50 }, (_, at) => step(at + 2, { locks, batch: 'ddl' })),
    ])
    const first = schedule.next()
    expect(schedule.next()).toBeUndefined()
    if (first !== undefined) schedule.succeeded(first)
    expect(schedule.next()?.steps.length).toBe(50)
  })
})

test('sixty thousand steps on one lock, in one batch key and in one chain of each table are handed out', () => {
  const hub: Lock[] = [{ object: 'hub', mode: 'exclusive' }]
  const steps = Array.from({ length: 60_000 }, (_, at) => {
    const id = at + 1
    if (at < 20_000) return step(id, { batch: 'ddl', dependsOn: at === 0 ? [] : [Math.floor((at + 1) / 2)] })
    if (at < 40_000) return step(id, { stage: 1, dependsOn: [id - 20_000] })
    if (at < 50_000) return step(id, { stage: 1, locks: hub, after: [id - 20_000] })
    return step(id, { stage: 1, locks: hub, batch: 'fk', after: [id - 30_000] })
  })
  const schedule = plain(steps, 4)
  const running: Piece<string>[] = []
  let handedOut = 0
  while (!schedule.finished) {
    const piece = running.length < 4 ? schedule.next() : undefined
    if (piece !== undefined) {
      handedOut += piece.steps.length
      running.push(piece)
    } else {
      const ended = running.shift()
      if (ended !== undefined) schedule.succeeded(ended)
    }
  }
  expect(handedOut).toBe(60_000)
})

interface Case {
  steps: TestStep[]
  done: Set<number>
  bad: Set<number>
  workers: number
  picks: number[]
}

const subset = (values: number[]): fc.Arbitrary<number[]> =>
  fc.subarray(values, { maxLength: Math.min(3, values.length) })
const lock: fc.Arbitrary<Lock> = fc.record({
  object: fc.constantFrom('a', 'b', 'c'),
  mode: fc.constantFrom('shared', 'exclusive'),
})

const plans: fc.Arbitrary<Case> = fc
  .integer({ min: 1, max: 24 })
  .chain((count) => {
    const all = Array.from({ length: count }, (_, at) => at + 1)
    return fc.record({
      order: fc.shuffledSubarray(all, { minLength: count, maxLength: count }),
      stages: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: count, maxLength: count }),
      fields: fc.array(
        fc.record({
          cost: fc.integer({ min: 0, max: 300 }),
          before: subset(all),
          after: subset(all),
          locks: fc.array(lock, { maxLength: 3 }),
          batch: fc.constantFrom(undefined, 'x', 'y'),
        }),
        { minLength: count, maxLength: count },
      ),
      done: fc.oneof(fc.constant([]), fc.subarray(all)),
      bad: fc.oneof(fc.constant([]), subset(all)),
      workers: fc.integer({ min: 1, max: 4 }),
      picks: fc.array(fc.nat(), { minLength: 1, maxLength: 30 }),
    })
  })
  .map(({ order, stages, fields, done, bad, workers, picks }) => {
    const sorted = stages.toSorted((a, b) => a - b)
    const rank = new Map(order.map((id, at) => [id, at]))
    const rankOf = (id: number): number => rank.get(id) ?? 0
    const steps = fields.map(({ cost, before, after, locks, batch }, at) => {
      const id = at + 1
      const earlier = (other: number): boolean => rankOf(other) < rankOf(id)
      const waits = { dependsOn: before.filter(earlier), after: after.filter(earlier) }
      const made = step(id, { cost, ...waits, locks, stage: sorted[rankOf(id)] ?? 0 })
      return batch === undefined ? made : { ...made, batch }
    })
    return { steps, done: new Set(done), bad: new Set(bad), workers, picks }
  })

const clash = (one: readonly Lock[], other: readonly Lock[]): boolean =>
  one.some((a) => other.some((b) => a.object === b.object && (a.mode === 'exclusive' || b.mode === 'exclusive')))

test('whatever the plan, order and locks hold, nothing that could run waits, and exactly what must is blocked', () => {
  fc.assert(
    fc.property(plans, ({ steps, done: given, bad, workers, picks }) => {
      const schedule = new Schedule(steps, { done: given, workers, batch: { cost: 500, steps: 5 } })
      const done = new Set(given)
      const failed = new Set<number>()
      const alone = new Set<number>()
      const running: Piece<string>[] = []
      const isOver = (id: number): boolean =>
        done.has(id) || failed.has(id) || schedule.blocked.some((blocked) => blocked.id === id)
      const mayStart = (one: Step, earlier: number[]): boolean =>
        one.dependsOn.every((id) => done.has(id) || earlier.includes(id)) &&
        one.after.every((id) => isOver(id) || earlier.includes(id)) &&
        steps.every((other) => other.stage >= one.stage || isOver(other.id)) &&
        !running.some((piece) => piece.steps.some((other) => clash(one.locks, other.locks)))

      const problems: string[] = []
      const check = (one: Step, isRight: boolean, what: string): void => {
        if (!isRight) problems.push(`step ${String(one.id)} ${what}`)
      }
      for (let turn = 0; !schedule.finished; turn += 1) {
        const piece = running.length < workers ? schedule.next() : undefined
        if (piece !== undefined) {
          for (const [at, one] of piece.steps.entries()) {
            const earlier = piece.steps.slice(0, at).map(({ id }) => id)
            check(one, !isOver(one.id), 'is handed out after its end')
            check(one, !running.some((other) => other.steps.includes(one)), 'is handed out while it runs')
            check(one, mayStart(one, earlier), 'is handed out before its time')
            if (piece.steps.length === 1) continue
            check(one, one.batch !== undefined && one.batch === piece.steps[0]?.batch, 'is in the wrong batch')
            check(one, !alone.has(one.id), 'is in a batch again')
          }
          running.push(piece)
          continue
        }
        const busy = new Set(running.flatMap((other) => other.steps))
        for (const one of steps) {
          const isFree = running.length < workers && !busy.has(one) && !isOver(one.id)
          check(one, !(isFree && mayStart(one, [])), 'is withheld')
        }
        const [ended] = running.splice((picks[turn % picks.length] ?? 0) % running.length, 1)
        if (ended === undefined) throw new Error('the schedule is stuck')
        if (!ended.steps.some(({ id }) => bad.has(id))) {
          schedule.succeeded(ended)
          for (const { id } of ended.steps) done.add(id)
        } else if (schedule.failed(ended) === 'failed') {
          for (const { id } of ended.steps) failed.add(id)
        } else {
          for (const { id } of ended.steps) alone.add(id)
        }
      }
      expect(problems).toEqual([])
      expect([...failed].every((id) => bad.has(id))).toBe(true)
      const mustBeBlocked = new Set<number>()
      for (let before = -1; before < mustBeBlocked.size;) {
        before = mustBeBlocked.size
        for (const one of steps) {
          const isHit = one.dependsOn.some((id) => failed.has(id) || mustBeBlocked.has(id))
          if (isHit && !given.has(one.id)) mustBeBlocked.add(one.id)
        }
      }
      expect(new Set(schedule.blocked.map(({ id }) => id))).toEqual(mustBeBlocked)
      expect(steps.every(({ id }) => done.has(id) || failed.has(id) || mustBeBlocked.has(id))).toBe(true)
    }),
    { numRuns: 1500 },
  )
})
