/** Why no check answers an entry of the catalogue. */
export type LeftOutReason =
  /** Concerns pg_upgrade in place alone, which pgleap does not do. */
  | 'pg_upgrade only'
  /** No SQL on the two servers can answer it. */
  | 'not answerable by SQL'
  /** Another part of pgleap answers it; the note says which. */
  | 'answered elsewhere'

export interface LeftOut {
  id: string
  title: string
  reason: LeftOutReason
  /** What to do instead, or who answers it. */
  note: string
}

/** The entries of the catalogue that are no checks; docs/checks.md lists them. Sorted by id. */
export const leftOut: readonly LeftOut[] = []
