import type { Step } from '../engine/index.ts'
import { STAGES } from './step-list.ts'

/** Stage by stage the longer of its longest chain and of its work shared out evenly; serial stages in full. */
export function estimate<S extends Step>(steps: readonly S[], jobs: number, costOf: (step: S) => number): number {
  const stages = new Map<number, { work: number; longest: number; ends: Map<number, number> }>()
  for (const step of steps) {
    const stage = stages.get(step.stage) ?? { work: 0, longest: 0, ends: new Map<number, number>() }
    stages.set(step.stage, stage)
    const start = [...step.dependsOn, ...step.after].reduce(
      (latest, id) => Math.max(latest, stage.ends.get(id) ?? 0),
      0,
    )
    const cost = costOf(step)
    stage.ends.set(step.id, start + cost)
    stage.work += cost
    stage.longest = Math.max(stage.longest, start + cost)
  }
  let total = 0
  for (const [stage, { work, longest }] of stages) {
    const sharedOut = stage === STAGES.data || stage === STAGES.late
    total += sharedOut ? Math.max(work / jobs, longest) : work
  }
  return total
}
