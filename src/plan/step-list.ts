import type { Step } from '../engine/index.ts'
import type { Work } from './work.ts'

/** The order of a run. Steps of one stage start when all of the stages before are finished. */
export const STAGES = {
  /** Everything that rows need: schemas, types, functions, tables, defaults. */
  schema: 0,
  /** Rows, then indexes, keys, foreign keys and statistics, each as soon as what it needs is there. */
  data: 1,
  /** The rest of the objects: triggers, rules, policies, publications, comments ... */
  rest: 2,
  /** Owners come late, so that an administrator who is not a superuser may still fill and index what will be others'. */
  owners: 3,
  /** Grants, which are the owner's to give. */
  grants: 4,
  /** What must see owners and grants in place: materialized views are filled as their owner, event triggers fire last. */
  late: 5,
} as const satisfies Record<string, number>

type Draft<W> = Omit<Step<W>, 'id' | 'dependsOn' | 'after' | 'locks' | 'bytes'> &
  Partial<Pick<Step<W>, 'dependsOn' | 'after' | 'locks' | 'bytes'>>

/** The steps of a plan as it grows; knows which step made which entry of the archive. */
export class StepList<W = Work> {
  readonly steps: Step<W>[] = []
  readonly #byEntry = new Map<number, number>()

  /** Adds a step and returns its id. `entry` is the dump id of the archive entry that exists once the step is done. */
  add(draft: Draft<W>, entry?: number): number {
    const id = this.steps.length + 1
    const { kind, label, table, bytes = 0, cost, dependsOn = [], after = [], locks = [], batch, work } = draft
    // What needs an object that comes late is late itself: an index of a view that needs a key, for example.
    const stage = [...dependsOn, ...after].reduce((latest, of) => Math.max(latest, this.#stageOf(of)), draft.stage)
    // Field by field: an object that is spread together takes five times the memory, and there may be 100,000 of them.
    const step: Step<W> = {
      id,
      kind,
      label,
      bytes,
      cost,
      stage,
      dependsOn: unique(dependsOn),
      after: unique(after),
      locks: locks.length === 0 ? NO_LOCKS : locks,
      work,
    }
    if (table !== undefined) step.table = table
    if (batch !== undefined) step.batch = batch
    this.steps.push(step)
    if (entry !== undefined) this.#byEntry.set(entry, id)
    return id
  }

  /** The steps of those entries, in so far as they have one. */
  stepsOf(entries: readonly number[]): number[] {
    return entries.flatMap((entry) => this.#byEntry.get(entry) ?? [])
  }

  #stageOf(id: number): number {
    return this.steps[id - 1]?.stage ?? 0
  }
}

const NO_LOCKS: Step['locks'] = []
const NO_STEPS: number[] = []

/** As a list of its own that is no larger than it has to be. */
function unique(ids: readonly number[]): number[] {
  if (ids.length === 0) return NO_STEPS
  return ids.length === 1 ? ids.slice() : [...new Set(ids)].slice()
}
