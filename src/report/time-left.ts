import type { ViewState } from './state.ts'

/** Below this share of the work the plan's guess still counts beside what was measured. */
const TRUST_MEASURED_FROM = 0.25

/**
 * How much of the run's steps is done, from 0 to 1; undefined before there is a plan. Counted in the plan's costs where
 * it gives them, else in bytes, else in steps. Never goes past 1, whatever the plan's guesses were worth.
 */
export function fractionDone(state: ViewState): number | undefined {
  const { plan } = state
  if (plan === undefined) return undefined
  if (plan.steps === 0) return 1
  if (plan.cost > 0) return clamp((state.donePlannedCost + runningCost(state)) / plan.cost)
  if (plan.bytes > 0) return clamp((state.donePlannedBytes + runningBytes(state)) / plan.bytes)
  return clamp((state.done + state.failed) / plan.steps)
}

/**
 * Milliseconds that the run's steps still need, as far as can be told: at first by the plan's estimate, then more and
 * more by the pace so far. Undefined where there is nothing to tell it from. Never negative.
 */
export function timeLeft(state: ViewState): number | undefined {
  const fraction = fractionDone(state)
  if (fraction === undefined || state.plan === undefined || state.phase !== 'run') return undefined
  const elapsed = state.now - state.phaseStartedAt
  const planned = state.plan.estimateMs > 0 ? state.plan.estimateMs * (1 - fraction) : undefined
  const measured = fraction > 0 && elapsed > 0 ? (elapsed / fraction) * (1 - fraction) : undefined
  if (planned === undefined || measured === undefined) return planned ?? measured
  const trust = Math.min(1, fraction / TRUST_MEASURED_FROM)
  return measured * trust + planned * (1 - trust)
}

function runningBytes(state: ViewState): number {
  let bytes = 0
  for (const running of state.running.values()) bytes += Math.min(running.bytes, running.step.bytes)
  return bytes
}

/** A running step counts by the share of its bytes; one that moves none by its time, and never as quite done. */
function runningCost(state: ViewState): number {
  let cost = 0
  for (const { step, bytes, startedAt } of state.running.values()) {
    const planned = step.cost ?? 0
    const share = step.bytes > 0 ? bytes / step.bytes : planned > 0 ? (state.now - startedAt) / planned : 0
    cost += planned * Math.min(share, 0.95)
  }
  return cost
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value))
}
