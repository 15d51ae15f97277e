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
export const leftOut: readonly LeftOut[] = [
  {
    id: 'C01',
    title: 'Both servers can be reached from here',
    reason: 'answered elsewhere',
    note: 'Every command logs in first; what fails is an error `connect.*`, with exit code 3 or 4',
  },
  {
    id: 'C04',
    title: 'User and password are taken by both servers',
    reason: 'answered elsewhere',
    note: 'Every command logs in first: `connect.password`, `connect.not-allowed`',
  },
  {
    id: 'C10',
    title: 'pg_dump is as new as both servers',
    reason: 'answered elsewhere',
    note: 'pgleap brings pg_dump 18; for a newer source it asks for `--pg-dump` (`pgdump.server-newer`)',
  },
  {
    id: 'D09',
    title: 'Expressions that depend on the version of Unicode',
    reason: 'pg_upgrade only',
    note: 'Indexes and generated columns are made anew on the target; CHECK constraints that compare text are D06',
  },
  {
    id: 'S06',
    title: 'The disk of the source has room for the WAL of the copy',
    reason: 'not answerable by SQL',
    note: 'No server tells how much of its disk is free; `pgleap online` keeps the slot to a budget (`--slot-budget`)',
  },
  {
    id: 'S14',
    title: 'No maintenance window, job or scaling falls into the migration',
    reason: 'not answerable by SQL',
    note: 'Look into the console of the provider and the plans of the operators',
  },
  {
    id: 'S18',
    title: 'The output plugin is available',
    reason: 'answered elsewhere',
    note: 'pgleap reads changes with pgoutput alone, which every server has built in',
  },
  {
    id: 'T12',
    title: 'Data checksums are the same on both servers',
    reason: 'pg_upgrade only',
    note: 'Rows are written anew, with or without checksums as the target has them',
  },
  {
    id: 'T13',
    title: 'Block size, segment size and byte order are the same on both servers',
    reason: 'pg_upgrade only',
    note: 'Rows travel as text or in a portable binary form',
  },
]
