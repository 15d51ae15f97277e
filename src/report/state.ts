import { unreachable } from '../errors.ts'
import type { Event, Phase, StepRef, Verdict } from './events.ts'
import type { RunVerdict } from './result.ts'

/** What a run looks like after some of its events: all that the live view and the plain lines need to know. */
export interface ViewState {
  /** `at` of the first and of the newest event. */
  startedAt: number | undefined
  now: number
  phase: Phase | undefined
  phaseStartedAt: number
  plan: { steps: number; tables: number; bytes: number; estimateMs: number; cost: number } | undefined
  resumed: { done: number; left: number; snapshot: 'same' | 'new' } | undefined
  done: number
  failed: number
  retries: number
  /** Bytes and rows that finished steps have moved. */
  doneBytes: number
  doneRows: number
  /** What the plan expected the finished steps to move and to cost; progress is counted in these. */
  donePlannedBytes: number
  donePlannedCost: number
  running: ReadonlyMap<number, RunningStep>
  indexes: ReadonlyMap<string, RunningIndex>
  /** The newest measurements of all moved bytes and rows, oldest first; rates come from them. */
  samples: readonly Sample[]
  verified: Readonly<Record<Verdict, number>>
  finished: { ms: number; verdict: RunVerdict; failures: number } | undefined
  /** Of an online migration that is watched: its newest sample. */
  online: OnlineSample | undefined
  /** In the run of a whole server: what its databases look like, in the order in which they began. */
  databases: ReadonlyMap<string, ViewState>
}

export interface RunningStep {
  step: StepRef
  startedAt: number
  bytes: number
  rows: number
  /** Above 0 while the step waits to be tried again. */
  attempt: number
}

export interface RunningIndex {
  table: string
  phase: string
  fraction: number
  at: number
}

export interface Sample {
  at: number
  bytes: number
  rows: number
}

/** Rates are averages over this time; long enough to be calm, short enough to show a stall. */
const RATE_WINDOW_MS = 15_000
const SAMPLE_EVERY_MS = 500
/** A running index is reported every second or so; one that stays silent this long is done. */
const INDEX_SILENCE_MS = 5_000
const MOMENT_MS = 20

export type OnlineSample = Extract<Event, { type: 'online-sample' }>

export const initialState: ViewState = {
  startedAt: undefined,
  now: 0,
  phase: undefined,
  phaseStartedAt: 0,
  plan: undefined,
  resumed: undefined,
  done: 0,
  failed: 0,
  retries: 0,
  doneBytes: 0,
  doneRows: 0,
  donePlannedBytes: 0,
  donePlannedCost: 0,
  running: new Map(),
  indexes: new Map(),
  samples: [],
  verified: { SAME: 0, DIFFERENT: 0, UNKNOWN: 0 },
  finished: undefined,
  online: undefined,
  databases: new Map(),
}

/** The state after one more event. Pure; takes events in any order, as several workers emit them. */
export function advance(before: ViewState, event: Event): ViewState {
  const now = Math.max(before.now, event.at)
  if (event.database !== undefined) {
    const { database, ...own } = event
    const state = advance(before.databases.get(database) ?? initialState, own)
    return { ...before, now, databases: new Map(before.databases).set(database, state) }
  }
  const state: ViewState = { ...before, now, startedAt: before.startedAt ?? event.at }
  switch (event.type) {
    case 'phase':
      return { ...state, phase: event.phase, phaseStartedAt: event.at, samples: [], indexes: new Map() }
    case 'plan':
      return { ...state, plan: { ...event, cost: event.cost ?? 0 } }
    case 'resumed':
      return { ...state, resumed: event }
    case 'step-started':
      if (isMoment(event.step)) return state
      return withRunning(state, event.step, { startedAt: event.at, bytes: 0, rows: 0, attempt: 0 })
    case 'step-progress':
      return sampled(withRunning(state, event.step, { bytes: event.bytes, rows: event.rows, attempt: 0 }))
    case 'step-retry': {
      const retried = withRunning(state, event.step, { bytes: 0, rows: 0, attempt: event.attempt })
      return { ...retried, retries: state.retries + 1 }
    }
    case 'step-done':
      return sampled({
        ...withoutRunning(state, event.step),
        done: state.done + 1,
        doneBytes: state.doneBytes + event.bytes,
        doneRows: state.doneRows + event.rows,
        donePlannedBytes: state.donePlannedBytes + event.step.bytes,
        donePlannedCost: state.donePlannedCost + (event.step.cost ?? 0),
      })
    case 'step-failed':
      return {
        ...withoutRunning(state, event.step),
        failed: state.failed + 1,
        donePlannedBytes: state.donePlannedBytes + event.step.bytes,
        donePlannedCost: state.donePlannedCost + (event.step.cost ?? 0),
      }
    case 'index-progress': {
      const { table, phase, fraction, at } = event
      const indexes = new Map([...state.indexes].filter(([, index]) => now - index.at < INDEX_SILENCE_MS))
      return { ...state, indexes: indexes.set(event.index, { table, phase, fraction, at }) }
    }
    case 'verified':
      return { ...state, verified: { ...state.verified, [event.verdict]: state.verified[event.verdict] + 1 } }
    case 'finished':
      return { ...state, finished: event, running: new Map(), indexes: new Map() }
    case 'online-sample':
      return { ...state, online: event }
    case 'notice':
    case 'online-phase':
    case 'checked':
    case 'tried':
      return state
    default:
      return unreachable(event)
  }
}

/** Bytes and rows moved so far, running steps included. */
export function moved(state: ViewState): { bytes: number; rows: number } {
  let bytes = state.doneBytes
  let rows = state.doneRows
  for (const running of state.running.values()) {
    bytes += running.bytes
    rows += running.rows
  }
  return { bytes, rows }
}

/** Bytes and rows per second over the newest samples; undefined where there are too few of them. */
export function rates(state: ViewState): { bytes: number; rows: number } | undefined {
  const first = state.samples[0]
  const last = state.samples.at(-1)
  if (first === undefined || last === undefined || last.at - first.at < SAMPLE_EVERY_MS) return undefined
  // Measured up to now, not up to the last sample: a stalled copy must not keep its rate.
  const seconds = (state.now - first.at) / 1000
  return {
    bytes: Math.max(0, last.bytes - first.bytes) / seconds,
    rows: Math.max(0, last.rows - first.rows) / seconds,
  }
}

function withRunning(state: ViewState, step: StepRef, change: Partial<RunningStep>): ViewState {
  const known = state.running.get(step.id) ?? { step, startedAt: state.now, bytes: 0, rows: 0, attempt: 0 }
  return { ...state, running: new Map(state.running).set(step.id, { ...known, ...change }) }
}

/** Too short to be seen: hundreds of these start at once, and none of them is worth a place among what is running. */
function isMoment({ bytes, cost }: StepRef): boolean {
  return bytes === 0 && cost !== undefined && cost < MOMENT_MS
}

function withoutRunning(state: ViewState, step: StepRef): ViewState {
  if (!state.running.has(step.id)) return state
  const running = new Map(state.running)
  running.delete(step.id)
  return { ...state, running }
}

function sampled(state: ViewState): ViewState {
  const last = state.samples.at(-1)
  if (last !== undefined && state.now - last.at < SAMPLE_EVERY_MS) return state
  const kept = state.samples.filter((sample) => state.now - sample.at <= RATE_WINDOW_MS)
  return { ...state, samples: [...kept, { at: state.now, ...moved(state) }] }
}
