import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { comparePrediction } from '../../src/migrate/prediction.ts'
import type { PlannedStep } from '../../src/plan/index.ts'
import { predict, type Estimable, type PredictInput } from '../../src/rehearse/predict.ts'

interface Table {
  name: string
  bytes: number
  copyCost: number
  indexCost: number
}

function total(costs: readonly number[]): number {
  return costs.reduce((sum, cost) => sum + cost, 0)
}

/** A plan of a copy and an index for each table, which run one after the other. */
function planOf(tables: readonly Table[]): Estimable {
  const steps = tables.flatMap(({ name, copyCost, indexCost }, at): PlannedStep[] => {
    const table = `public.${name}`
    const common: Pick<PlannedStep, 'stage' | 'bytes' | 'after' | 'locks' | 'work'> = {
      stage: 1,
      bytes: 0,
      after: [],
      locks: [],
      work: { kind: 'sql', statements: [] },
    }
    return [
      { ...common, id: 2 * at + 1, kind: 'copy', label: `copy ${table}`, table, cost: copyCost, dependsOn: [] },
      {
        ...common,
        id: 2 * at + 2,
        kind: 'index',
        label: `index ${table}`,
        table,
        cost: indexCost,
        dependsOn: [2 * at + 1],
      },
    ]
  })
  return {
    steps,
    tables: tables.map(({ name, bytes }, oid) => ({ oid, schema: 'public', name, bytes, parts: 1 })),
    estimate: (jobs, costOf = ({ cost }) => cost) => {
      const chains = tables.map((_, at) => total(steps.slice(2 * at, 2 * at + 2).map(costOf)))
      return Math.max(total(chains) / jobs, ...chains)
    },
  }
}

const TABLES: Table[] = [
  { name: 'big', bytes: 9_000, copyCost: 900, indexCost: 90 },
  { name: 'small', bytes: 1_000, copyCost: 100, indexCost: 10 },
]

/** Every step took twice what the plan had thought, of the share that was copied. */
function inputWith(shares: Record<string, number>, change: Partial<PredictInput> = {}): PredictInput {
  const plan = planOf(TABLES)
  const share = (table = '') => shares[table] ?? 1
  const steps = plan.steps.map(({ label, kind, table = '', cost }) => ({
    label,
    kind,
    table,
    ms: share(table) === 1 ? 2 * cost : 3 + (2 * cost - 3) * share(table),
  }))
  const msOf = new Map(steps.map(({ label, ms }) => [label, ms]))
  return {
    tried: plan,
    whole: plan,
    steps,
    shares: new Map(Object.entries(shares)),
    jobs: 2,
    runMs: plan.estimate(2, ({ label }) => msOf.get(label) ?? 0),
    readMs: 50,
    verifyMs: 100,
    otherMs: 10,
    server: 'target',
    ...change,
  }
}

function width({ lowMs, highMs }: { lowMs: number; highMs: number }): number {
  return highMs / lowMs
}

describe('a prediction', () => {
  test('of what was copied whole is what it took', () => {
    const predicted = predict(inputWith({}))
    expect(predicted.phases).toEqual({ readMs: 50, runMs: 1980, verifyMs: 100, otherMs: 10 })
    expect(predicted).toMatchObject({ totalMs: 2140, pauseMs: 2140, sample: 1 })
    expect(predicted.tables).toEqual([
      { table: 'public.big', bytes: 9_000, copyMs: 1800, indexMs: 180 },
      { table: 'public.small', bytes: 1_000, copyMs: 200, indexMs: 20 },
    ])
  })

  test('of a sample scales up what grows with the rows, and not what each statement takes', () => {
    const predicted = predict(inputWith({ 'public.big': 0.1 }))
    expect(predicted.phases.runMs).toBe(1980)
    expect(predicted.sample).toBeCloseTo(0.19)
  })

  test('has a wider range the less was copied, and the widest on a machine that is not the target', () => {
    const whole = width(predict(inputWith({})))
    const sample = width(predict(inputWith({ 'public.big': 0.1 })))
    const embedded = width(predict(inputWith({ 'public.big': 0.1 }, { server: 'embedded' })))
    expect(whole).toBeCloseTo(1.5)
    expect(sample).toBeGreaterThan(whole)
    expect(embedded).toBeGreaterThan(sample)
  })

  test('gives a table that was not measured the rate of the others', () => {
    const input = inputWith({})
    const steps = input.steps.filter(({ table }) => table !== 'public.big')
    expect(predict({ ...input, steps }).tables[0]).toMatchObject({ copyMs: 1800, indexMs: 180 })
  })

  test('is corrected by what the plan’s estimate would have missed', () => {
    const input = inputWith({})
    expect(predict({ ...input, runMs: input.runMs * 1.5 }).phases.runMs).toBe(2970)
  })

  test('adds up, and lies within its range, whatever was measured', () => {
    const ms = fc.double({ min: 0, max: 1e7, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(ms, { minLength: 4, maxLength: 4 }),
        ms,
        ms,
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (took, runMs, verifyMs, share) => {
          const input = inputWith({ 'public.big': share }, { runMs, verifyMs })
          const steps = input.steps.map((step, at) => ({ ...step, ms: took[at] ?? 0 }))
          const { totalMs, lowMs, highMs, phases } = predict({ ...input, steps })
          expect(
            Math.abs(totalMs - phases.readMs - phases.runMs - phases.verifyMs - phases.otherMs),
          ).toBeLessThanOrEqual(3)
          expect(lowMs).toBeLessThanOrEqual(totalMs)
          expect(highMs).toBeGreaterThanOrEqual(totalMs)
          expect(lowMs).toBeGreaterThanOrEqual(0)
        },
      ),
    )
  })
})

test('a prediction is held against the run: within its range or not, and the tables that were furthest off', () => {
  const prediction = {
    totalMs: 1_000,
    lowMs: 800,
    highMs: 1_200,
    tables: [
      { table: 'public.near', copyMs: 100, indexMs: 10 },
      { table: 'public.far', copyMs: 100, indexMs: 10 },
      { table: 'public.gone', copyMs: 100, indexMs: 10 },
    ],
  }
  const table = { bytes: 0, rows: 0, indexMs: 0, verdict: 'SAME' } as const
  const tables = [
    { table: 'public.near', copyMs: 111, ...table },
    { table: 'public.far', copyMs: 500, ...table },
  ]
  expect(comparePrediction(prediction, { ms: 1_100, tables })).toEqual({
    predictedMs: 1_000,
    lowMs: 800,
    highMs: 1_200,
    realMs: 1_100,
    within: 'yes',
    tables: [
      { table: 'public.far', predictedMs: 110, realMs: 500 },
      { table: 'public.near', predictedMs: 110, realMs: 111 },
    ],
  })
  expect(comparePrediction(prediction, { ms: 799, tables }).within).toBe('faster')
  expect(comparePrediction(prediction, { ms: 1_201, tables }).within).toBe('slower')
})
