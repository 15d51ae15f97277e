import type { Verdict, VerifiedObject } from '../report/index.ts'

/** Outcome of a comparison of two databases. Plain data. */
export interface VerifyResult {
  /** DIFFERENT if anything differs, else UNKNOWN if anything could not be looked at, else SAME. */
  verdict: Verdict
  mode: 'full' | 'counts'
  tables: TableVerdict[]
  sequences: ObjectVerdict[]
  /** One for all of them; absent where neither side has any. */
  largeObjects: ObjectVerdict[]
  /** What the schemas' comparison found: one per entry of either archive. Empty where no archives were given. */
  schema: ObjectVerdict[]
  /** What is not compared, as the source is a standby, which has nothing of what is unlogged. */
  unlogged?: { tables: string[]; sequences: string[] }
  /** The first loss of a connection meanwhile, after which what is UNKNOWN may be so for that reason alone. */
  lost?: unknown
}

export interface ObjectVerdict {
  /** For example `public.orders_id_seq`. */
  object: string
  kind: string
  verdict: Verdict
  /** What differs, or why it could not be looked at. */
  detail?: string
}

export interface TableVerdict extends ObjectVerdict {
  kind: 'table'
  schema: string
  name: string
  /** Rows on the source; absent where they were not counted. */
  rows?: number
  targetRows?: number
  /** The first rows that differ; empty where only counts were compared. */
  differences: RowDifference[]
}

/** One row (or, without a key, one content of rows) that is not the same on both sides. */
export interface RowDifference {
  /** `missing` on the target, `extra` on the target, or `changed`: on both under the same key, with other values. */
  kind: 'missing' | 'extra' | 'changed'
  /** The row's key, column by column, as text; absent where the table has no key. */
  key?: Record<string, string>
  /** Columns whose values differ, of a changed row. */
  columns?: string[]
  /** The beginning of the row as text, where there is no key to name it by. */
  excerpt?: string
  /** How many rows of this content are missing or extra, where there is no key. */
  count?: number
}

/** The worse of the verdicts; SAME where there are none. */
export function worst(verdicts: Iterable<Verdict>): Verdict {
  let result: Verdict = 'SAME'
  for (const verdict of verdicts) {
    if (verdict === 'DIFFERENT') return 'DIFFERENT'
    if (verdict === 'UNKNOWN') result = 'UNKNOWN'
  }
  return result
}

/** What was compared, as a report lists it. Of the schema, what is not the same, and one line for all that is. */
export function verifiedObjects({ tables, sequences, largeObjects, schema }: VerifyResult): VerifiedObject[] {
  const odd = schema.filter(({ verdict }) => verdict !== 'SAME')
  const equal = schema.length - odd.length
  return [
    ...tables.map(({ object, kind, verdict, rows, detail }) => ({
      object,
      kind,
      verdict,
      ...(rows === undefined ? {} : { rows }),
      ...(detail === undefined ? {} : { detail }),
    })),
    ...sequences,
    ...largeObjects,
    ...(equal === 0
      ? []
      : [{ object: `${String(equal)} definitions, grants and comments`, kind: 'schema', verdict: 'SAME' as const }]),
    ...odd,
  ]
}
