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

/** What a step of a restore from an archive does. */
export type RestoreWork = SqlWork | DefinitionWork | EntryDataWork | EntryLargeObjectsWork

/** The rows of a TABLE DATA entry of the archive. */
export interface EntryDataWork {
  kind: 'entry-data'
  /** Dump id of the entry. */
  entry: number
  schema: string
  name: string
  /** `whole` for a table that this run has made: TRUNCATE and COPY ... (FREEZE). `append` adds to what the table holds. */
  mode: 'whole' | 'append'
}

/** The content of large objects that are there already: a BLOBS entry of the archive. */
export interface EntryLargeObjectsWork {
  kind: 'entry-large-objects'
  entry: number
}

export type PlannedStep = Step<Work>
