/** What one COPY moves. Plain JSON, so that plans and ledgers can hold it. */
export interface CopySpec {
  /** Relation on the source, and the same names on the target. */
  schema: string
  name: string
  /** Columns to move, in the table's order; generated ones are left out. */
  columns: string[]
  format: 'text' | 'binary'
  /**
   * `whole` replaces what the target's table holds, in the caller's transaction: TRUNCATE and COPY ... (FREEZE), or, for a
   * `condition` part, DELETE of the rows that meet it. `append` is a plain COPY.
   */
  mode: 'whole' | 'append'
  part: Part
  /** The source's server encoding, in which text travels; UTF8 where absent. */
  encoding?: string
}

/** A slice of a table that one COPY moves. */
export type Part =
  | { by: 'all' }
  /** Block range [from, to) of the heap by ctid; an absent `to` is open. PostgreSQL 14 and newer read just those blocks. */
  | { by: 'blocks'; from: number; to: number | undefined }
  /** Rows whose key is at least `from` and below `to`, as text of the key's type; absent ends are open. */
  | { by: 'key'; column: string; type: string; from: string | undefined; to: string | undefined }
  /** Extension configuration tables: `where` is the extension's own condition, with its WHERE, or empty for all rows. */
  | { by: 'condition'; where: string }
  /** About so many percent of the table's blocks, picked by chance, the same ones each time (TABLESAMPLE SYSTEM). */
  | { by: 'sample'; percent: number }

export interface SequenceRef {
  schema: string
  name: string
}
