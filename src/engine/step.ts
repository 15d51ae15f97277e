/**
 * One unit of work of a run. Plain JSON, so that a plan can be printed and stored in the ledger.
 * `W` says what is to be done; the engine never looks into it.
 */
export interface Step<W = unknown> {
  /** 1, 2, 3 ... in the order of the plan; among equals, lower goes first. */
  id: number
  kind: string
  /** What a person calls it: `copy public.orders (part 2 of 4)`. */
  label: string
  /** The one table that it works for, as `schema.name`. */
  table?: string
  /** Bytes that it is expected to move; 0 where it moves none. */
  bytes: number
  /** Expected duration, in milliseconds; only ratios matter. */
  cost: number
  /** A step starts when every step of a lower stage is finished (done, failed or blocked). */
  stage: number
  /** Steps that must be done; where one fails, this one is blocked. */
  dependsOn: number[]
  /** Steps that must be finished, well or not. */
  after: number[]
  /** Steps whose locks conflict never run at the same time. */
  locks: Lock[]
  /** Steps with the same key may share one transaction; a step without one has a transaction of its own. */
  batch?: string
  work: W
}

export interface Lock {
  /** For example `table:16391` or `schema`. */
  object: string
  /** Two `shared` locks on one object get along; anything else conflicts. */
  mode: 'shared' | 'exclusive'
}

export interface StepResult {
  bytes: number
  rows: number
}
