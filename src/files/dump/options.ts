import type { Writable } from 'node:stream'
import type { Compression } from '../../archive/index.ts'
import { PgleapError } from '../../errors.ts'
import type { CommonOptions } from '../../migrate/index.ts'

export type { DumpedDatabase, DumpReport } from '../../report/index.ts'

export interface DumpOptions extends CommonOptions {
  /** Connection string of the database to read; with `databases: 'all'` of any database of the server. */
  source: string
  /** Path of what is made: a directory, a file, or, for all databases, a folder. Or a stream, for `custom` and `plain`. */
  to: string | Writable
  /** PostgreSQL's directory or custom format, or a script for psql. @defaultValue 'directory' */
  format?: 'directory' | 'custom' | 'plain'
  /** @defaultValue 'gzip', as pg_dump has it; 'none' for `plain` */
  compression?: Compression
  /** In the compression's own terms. @defaultValue the compression's own */
  compressionLevel?: number
  /**
   * `binary` dumps the rows of tables in COPY's binary format where all of a table's types have one that every major reads
   * alike: quicker to dump and to restore. pg_restore loads such an archive into a database, but cannot make a script of it.
   * Not with `plain`. @defaultValue 'text'
   */
  rows?: 'text' | 'binary'
  /** Tables (or parts of one) that are read at the same time, each by a session; a file is written by one. @defaultValue 4 */
  jobs?: number
  /** Larger tables are read in parts of this many bytes, side by side. @defaultValue worked out from the sizes */
  partSize?: number
  /** Table patterns as pg_dump's --table takes them; default: everything. */
  include?: readonly string[]
  /** Table patterns of tables, views and sequences to leave out. */
  exclude?: readonly string[]
  /** Table patterns of tables that are dumped without their rows. */
  excludeData?: readonly string[]
  /** Planner statistics, which PostgreSQL 18 can restore. @defaultValue 'omit' */
  statistics?: 'include' | 'omit'
  /** What the manifest says of each table's content: a hash, so that a target is compared without the source, or nothing. @defaultValue 'full' */
  hashes?: 'full' | 'none'
  /** Where the manifest goes when `to` is a stream. @defaultValue nowhere then; else into the directory, or beside the file */
  manifest?: string
  /** Goes on with an unfinished dump at the same place, where the source still shows the same; else starts over. @defaultValue 'new' */
  resume?: 'resume' | 'new'
  /** Name of a snapshot that another session exports and holds, to dump that moment. */
  snapshot?: string
  /** Whether the free space is looked at first. @defaultValue 'check' */
  space?: 'check' | 'ignore'
  /** A provider's id, or a YAML file of one's own (docs/providers.md), in place of what the source is recognised as. */
  sourceProvider?: string
  /** A native pg_dump to use in place of the bundled one. */
  pgDump?: string
  /** `all` makes a folder with an archive for each database, and the roles. @defaultValue 'one' */
  databases?: 'one' | 'all'
  /** With `databases: 'all'`: names of databases, with `*` and `?`; default: all. */
  includeDatabases?: readonly string[]
  excludeDatabases?: readonly string[]
  /** With `databases: 'all'`. @defaultValue half of `jobs`, and at most 4 */
  databasesAtOnce?: number
  /** With `databases: 'all'`: whether the roles' file holds password verifiers, where the role may read them. @defaultValue 'include' */
  verifiers?: 'include' | 'omit'
}

/** What decides on the content of an archive: an unfinished one is gone on with where all of it is the same. Plain JSON. */
export interface ArchiveChoices {
  format: 'directory' | 'custom' | 'plain'
  compression: Compression
  compressionLevel: number | null
  rows: 'text' | 'binary'
  include: readonly string[]
  exclude: readonly string[]
  excludeData: readonly string[]
  statistics: 'include' | 'omit'
  hashes: 'full' | 'none'
}

/** @throws PgleapError `usage.option` where they contradict each other */
export function archiveChoices(options: DumpOptions): ArchiveChoices {
  const format = options.format ?? 'directory'
  if (format === 'plain' && options.rows === 'binary') {
    throw new PgleapError({
      code: 'usage.option',
      message: 'A script cannot hold rows in binary form.',
      hint: 'Leave --rows binary out, or choose --format directory or --format custom.',
      party: 'usage',
    })
  }
  return {
    format,
    compression: options.compression ?? (format === 'plain' ? 'none' : 'gzip'),
    compressionLevel: options.compressionLevel ?? null,
    rows: options.rows ?? 'text',
    include: options.include ?? [],
    exclude: options.exclude ?? [],
    excludeData: options.excludeData ?? [],
    statistics: options.statistics ?? 'omit',
    hashes: options.hashes ?? 'full',
  }
}
