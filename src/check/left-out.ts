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
    id: 'A03',
    title: 'PgBouncer can be paused',
    reason: 'not answerable by SQL',
    note: '`online cutover --pgbouncer URL` asks each PgBouncer before it freezes anything',
  },
  {
    id: 'A04',
    title: 'Nobody keeps an old address of the server for long',
    reason: 'not answerable by SQL',
    note: 'Look at the time to live of the DNS name, and at the caches of drivers and JVMs',
  },
  {
    id: 'A06',
    title: "Consumers of the source's changes are known",
    reason: 'answered elsewhere',
    note: 'S12 lists slots with a reader, S04 those without one',
  },
  {
    id: 'A08',
    title: 'The target is backed up',
    reason: 'not answerable by SQL',
    note: 'Backups and archives are outside of the server; make the first one of the target before it opens',
  },
  {
    id: 'A09',
    title: 'The target has statistics, and plans can be compared',
    reason: 'answered elsewhere',
    note: 'A migration brings the statistics over or runs ANALYZE at its end; the report says so',
  },
  {
    id: 'A10',
    title: 'The write pause is as short as wished',
    reason: 'not answerable by SQL',
    note: '`online cutover --rehearse` measures it',
  },
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
    id: 'I10',
    title: 'No row is too large for COPY',
    reason: 'not answerable by SQL',
    note: "No statistics hold the largest value; COPY stops at a row of more than 1 GB and names its table. pgleap chooses binary or text by each table's types",
  },
  {
    id: 'O10',
    title: 'Hash indexes were made by 10 or newer',
    reason: 'pg_upgrade only',
    note: 'Older sources are not read at all (C08), and a copy builds every index anew',
  },
  {
    id: 'O15',
    title: 'Identity columns take the values that arrive',
    reason: 'answered elsewhere',
    note: 'Nothing to look for: COPY and replication write the values of GENERATED ALWAYS columns, and `verify` compares the sequences',
  },
  {
    id: 'O34',
    title: 'Unique indexes agree with their tables',
    reason: 'not answerable by SQL',
    note: "amcheck reads every index in full: run `bt_index_check(index, true)` by hand where D05 reports another collation version. A duplicate also stops the target's index",
  },
  {
    id: 'O35',
    title: 'No name is too unusual',
    reason: 'answered elsewhere',
    note: 'pgleap quotes every name, and is tested with the strangest ones; D11 reports line ends in names',
  },
  {
    id: 'O36',
    title: 'The whole schema can be made on the target',
    reason: 'answered elsewhere',
    note: '`pgleap rehearse` restores it into a scratch database; O12 and O41 to O50 know the reasons that there are',
  },
  {
    id: 'O37',
    title: 'Temporal keys can be a replica identity',
    reason: 'answered elsewhere',
    note: 'They can, from 18 to 18; I01 treats them as any other key',
  },
  {
    id: 'O40',
    title: 'No value is beyond what the target takes',
    reason: 'not answerable by SQL',
    note: 'Somebody would have to read every row; the copy does, and stops at the first that the target refuses. D02 reports encodings that let anything in',
  },
  {
    id: 'R06',
    title: 'No role has a name that begins with pg_',
    reason: 'pg_upgrade only',
    note: 'PostgreSQL has refused such names since 9.6, and 10 is the oldest source',
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
  {
    id: 'X13',
    title: 'isn is built alike on both sides',
    reason: 'pg_upgrade only',
    note: 'Its values travel as text, so how a server keeps them does not matter',
  },
]
