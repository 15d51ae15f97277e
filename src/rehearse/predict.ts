import type { Plan, PlannedStep } from '../plan/index.ts'
import type { PredictedTable, Prediction } from '../report/index.ts'
import { sum } from './space.ts'

/** A step of the rehearsal that was done, and how long it took. */
export interface MeasuredStep {
  label: string
  kind: string
  table?: string
  ms: number
}

/** What a prediction asks of a plan. */
export type Estimable = Pick<Plan, 'steps' | 'tables' | 'estimate'>

export interface PredictInput {
  /** The plan that was run, and that of the real run. */
  tried: Estimable
  whole: Estimable
  steps: readonly MeasuredStep[]
  /** Share of a table's rows that was copied, by `schema.name`; 1 where it is not in here. */
  shares: ReadonlyMap<string, number>
  jobs: number
  /** How long the steps took together, side by side. */
  runMs: number
  readMs: number
  /** What comparing the whole would take. */
  verifyMs: number
  otherMs: number
  server: 'target' | 'embedded'
}

export type Predicted = Pick<Prediction, 'totalMs' | 'lowMs' | 'highMs' | 'phases' | 'pauseMs' | 'tables' | 'sample'>

type Group = 'copy' | 'index' | 'check' | 'other'

/** Of a step's time, what does not grow with its rows. */
const FIXED_MS = 3

/**
 * How far off the total may be, as a share of it. Machines, caches and neighbours make a run differ from itself; what was not
 * copied is only taken to go on like what was; and an embedded server says nothing of the target's machine.
 */
const MARGINS = { repeated: 0.2, notCopied: 0.4, otherMachine: 1 } as const

/**
 * How long the real run takes: each step's cost in the real plan, at the rate that its table had in the rehearsal (all
 * tables' rate where it had none), put in order by the plan's own estimate, and corrected by what that estimate would have
 * missed in the rehearsal. Pure.
 */
export function predict(input: PredictInput): Predicted {
  const { tried, whole, steps, shares, jobs, runMs, readMs, verifyMs, otherMs } = input
  const rates = ratesOf(whole, steps, shares)
  const costOf = (step: PlannedStep): number => step.cost * rates(step)
  const msOf = new Map(steps.map(({ label, ms }) => [label, ms]))
  const triedMs = tried.estimate(jobs, ({ label }) => msOf.get(label) ?? 0)
  const correction = triedMs > 0 ? clamp(runMs / triedMs, 0.5, 3) : 1
  const wholeRunMs = whole.estimate(jobs, costOf) * correction
  const totalMs = readMs + wholeRunMs + verifyMs + otherMs

  const sample = sampleOf(whole, shares)
  const margin = MARGINS.repeated + MARGINS.notCopied * (1 - sample)
  const machine = input.server === 'embedded' ? MARGINS.otherMachine : 0
  return {
    sample,
    totalMs: Math.round(totalMs),
    lowMs: Math.round((totalMs * (1 - margin)) / (1 + machine)),
    highMs: Math.round(totalMs * (1 + margin) * (1 + machine)),
    phases: {
      readMs: Math.round(readMs),
      runMs: Math.round(wholeRunMs),
      verifyMs: Math.round(verifyMs),
      otherMs: Math.round(otherMs),
    },
    // Nothing may be written to the source from the snapshot until the target is proven.
    pauseMs: Math.round(totalMs),
    tables: whole.tables
      .filter(({ parts }) => parts > 0)
      .map((table) => tableOf(`${table.schema}.${table.name}`, table.bytes, whole, costOf)),
  }
}

function tableOf(name: string, bytes: number, whole: Estimable, costOf: (step: PlannedStep) => number): PredictedTable {
  const own = whole.steps.filter(({ table }) => table === name)
  const ms = (...groups: readonly Group[]) =>
    Math.round(sum(own.filter(({ kind }) => groups.includes(groupOf(kind))).map(costOf)))
  return { table: name, bytes, copyMs: ms('copy'), indexMs: ms('index', 'check') }
}

/** Real milliseconds for one of the plan's: of a step's table and group, of its group, of everything. */
function ratesOf(
  whole: Estimable,
  steps: readonly MeasuredStep[],
  shares: ReadonlyMap<string, number>,
): (step: PlannedStep) => number {
  const planned = new Map<string, number>()
  for (const { kind, table = '', cost } of whole.steps) add(planned, `${groupOf(kind)} ${table}`, cost)
  const expected = new Map<string, number>()
  for (const { kind, table = '', ms } of steps) {
    const fixed = Math.min(ms, FIXED_MS)
    add(expected, `${groupOf(kind)} ${table}`, fixed + (ms - fixed) / (shares.get(table) ?? 1))
  }
  const known = [...expected].filter(([key]) => (planned.get(key) ?? 0) > 0)
  const rate = (keys: readonly string[]): number | undefined => {
    const cost = sum(keys.map((key) => planned.get(key) ?? 0))
    return cost === 0 ? undefined : sum(keys.map((key) => expected.get(key) ?? 0)) / cost
  }
  const all = rate(known.map(([key]) => key)) ?? 1
  const keys = new Set(known.map(([key]) => key))
  return ({ kind, table = '' }) => {
    const own = `${groupOf(kind)} ${table}`
    if (keys.has(own)) return rate([own]) ?? all
    return rate([...keys].filter((key) => key.startsWith(`${groupOf(kind)} `))) ?? all
  }
}

function groupOf(kind: string): Group {
  switch (kind) {
    case 'copy':
    case 'large-objects':
      return 'copy'
    case 'index':
    case 'key':
    case 'attach':
      return 'index'
    case 'foreign-key':
    case 'validate':
      return 'check'
    default:
      return 'other'
  }
}

/** Share of all bytes that was copied. */
function sampleOf(whole: Estimable, shares: ReadonlyMap<string, number>): number {
  const all = sum(whole.tables.map(({ bytes }) => bytes))
  if (all === 0) return 1
  return sum(whole.tables.map(({ schema, name, bytes }) => bytes * (shares.get(`${schema}.${name}`) ?? 1))) / all
}

function add(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value)
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
