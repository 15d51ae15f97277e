import type { CopySpec, SequenceRef } from '../copy/index.ts'
import type { Step } from '../engine/index.ts'

/** What a step does. Plain JSON; the executors in migrate/ do it, one file a kind. */
export type Work =
  | SqlWork
  | DefinitionWork
  | ({ kind: 'copy' } & CopySpec)
  | { kind: 'sequences'; sequences: SequenceRef[] }
  | { kind: 'large-objects'; fromOid: number; toOid: number }

/** SQL of the source's own: `Definitions` has it, and the ledger only its name. */
export interface DefinitionWork {
  kind: 'definition'
  of: string
  /** A statement of ours that follows in the same transaction. */
  andThen?: string
}

/** Statements of ours, run in this order in the step's transaction. */
export interface SqlWork {
  kind: 'sql'
  statements: string[]
}

export type PlannedStep = Step<Work>
