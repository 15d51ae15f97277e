import type { Step } from '../engine/index.ts'

/** What a step does. Plain JSON; the executors in migrate/ do it, one file a kind. */
export type Work =
  | SqlWork
  | CopyWork
  | { kind: 'sequences'; sequences: SequenceRef[] }
  | { kind: 'large-objects'; fromOid: number; toOid: number; owners: 'keep' | 'skip' }

/** Statements, run in this order in the step's transaction. */
export interface SqlWork {
  kind: 'sql'
  statements: string[]
}

export interface CopyWork {
  kind: 'copy'
  /** Relation on the source, and the same names on the target. */
  schema: string
  name: string
  /** Columns to move, in the table's order; generated ones are left out. */
  columns: string[]
  format: 'text' | 'binary'
  /** `whole` is TRUNCATE and COPY ... (FREEZE), in one transaction; `append` is a plain COPY. */
  mode: 'whole' | 'append'
  part: Part
}

/** A slice of a table that one COPY moves. */
export type Part =
  | { by: 'all' }
  /** Block range [from, to) of the heap by ctid; an absent `to` is open. PostgreSQL 14 and newer read just those blocks. */
  | { by: 'blocks'; from: number; to: number | undefined }
  /** Rows whose key is at least `from` and below `to`, as text of the key's type; absent ends are open. */
  | { by: 'key'; column: string; type: string; from: string | undefined; to: string | undefined }
  /** Rows that meet an SQL condition: extension configuration tables. */
  | { by: 'condition'; where: string }

export interface SequenceRef {
  schema: string
  name: string
}

export type PlannedStep = Step<Work>
