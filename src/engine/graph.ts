import { PgleapError } from '../errors.ts'
import type { Step } from './step.ts'

/** Who waits for whom, by position in the plan (a step's id minus one). */
export interface Graph {
  /** Steps that must not start unless this one is done. */
  dependents: number[][]
  /** Steps that must not start before this one is finished, well or not. */
  followers: number[][]
  /** All positions, each after everything that it waits for. */
  order: Int32Array
}

/**
 * Turns the steps' `dependsOn` and `after` around, once, so that the schedule never searches. Throws `internal.plan`
 * where the plan cannot be run to its end: ids that are not 1, 2, 3 ..., a step that waits for one that does not exist
 * or that belongs to a later stage, or steps that wait for each other.
 */
export function buildGraph(steps: readonly Step[]): Graph {
  const dependents: number[][] = steps.map(() => [])
  const followers: number[][] = steps.map(() => [])
  const waits = new Int32Array(steps.length)
  for (const [at, step] of steps.entries()) {
    if (step.id !== at + 1) throw badPlan(`step ${String(step.id)} stands at place ${String(at + 1)}`)
    for (const id of step.dependsOn) reverse(id, at, dependents)
    for (const id of step.after) reverse(id, at, followers)
  }

  function reverse(id: number, at: number, lists: number[][]): void {
    const step = steps[at]
    const earlier = steps[id - 1]
    if (step === undefined || earlier === undefined) {
      throw badPlan(`${name(step)} waits for step ${String(id)}, which does not exist`)
    }
    if (earlier.stage > step.stage) throw badPlan(`${name(step)} waits for ${name(earlier)} of a later stage`)
    lists[id - 1]?.push(at)
    waits[at] = (waits[at] ?? 0) + 1
  }

  const order = new Int32Array(steps.length)
  let filled = 0
  for (let at = 0; at < steps.length; at += 1) if (waits[at] === 0) order[filled++] = at
  for (let next = 0; next < filled; next += 1) {
    const at = order[next] ?? 0
    for (const lists of [dependents, followers]) {
      for (const later of lists[at] ?? []) {
        waits[later] = (waits[later] ?? 0) - 1
        if (waits[later] === 0) order[filled++] = later
      }
    }
  }
  if (filled < steps.length) throw badPlan(`these wait for each other: ${describeCycle(steps, waits)}`)
  return { dependents, followers, order }
}

/**
 * For each position the cost of the longest chain of unfinished steps that starts with it, within its stage: the step
 * with the longest chain has to start first, or the end of the stage is one worker running that chain alone (D6).
 */
export function chainCosts(steps: readonly Step[], graph: Graph, isDone: (at: number) => boolean): Float64Array {
  const chain = new Float64Array(steps.length)
  for (const at of graph.order.toReversed()) {
    const step = steps[at]
    if (step === undefined || isDone(at)) continue
    let behind = 0
    for (const lists of [graph.dependents, graph.followers]) {
      for (const later of lists[at] ?? []) {
        if (steps[later]?.stage === step.stage) behind = Math.max(behind, chain[later] ?? 0)
      }
    }
    chain[at] = step.cost + behind
  }
  return chain
}

/** Walks backwards among the steps that are still waiting until one comes up twice. */
function describeCycle(steps: readonly Step[], waits: Int32Array): string {
  const isStuck = (id: number): boolean => (waits[id - 1] ?? 0) > 0
  const path: number[] = []
  let at = waits.findIndex((count) => count > 0) + 1
  while (!path.includes(at)) {
    path.push(at)
    const step = steps[at - 1]
    at = [...(step?.dependsOn ?? []), ...(step?.after ?? [])].find(isStuck) ?? at
  }
  const cycle = path.slice(path.indexOf(at))
  const shown = cycle.slice(0, 10).map((id) => name(steps[id - 1]))
  return [...shown, cycle.length > shown.length ? '...' : name(steps[at - 1])].join(' <- ')
}

function name(step: Step | undefined): string {
  return step === undefined ? 'a step' : `step ${String(step.id)} (${step.label})`
}

function badPlan(what: string): PgleapError {
  return new PgleapError({
    code: 'internal.plan',
    message: `The plan cannot be run: ${what}.`,
    hint: 'This is a bug in pgleap; please report it with the output of `pgleap plan --json`.',
    party: 'internal',
  })
}
