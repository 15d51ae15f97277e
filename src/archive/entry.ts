/** One item of an archive's table of contents, as pg_backup_archiver.h's TocEntry holds it. */
export interface Entry {
  dumpId: number
  /** Identity of the object in the catalog of the server that was dumped; both 0 where pg_dump made the entry up. */
  catalogOid: { table: number; object: number }
  /** Object name as pg_dump prints it, for example `orders` or `total(integer, integer)`. */
  tag: string
  /** Kind, in pg_dump's words: `TABLE`, `INDEX`, `FK CONSTRAINT`, `ACL` ... Unknown kinds are passed through. */
  desc: string
  section: Section
  /** SQL that makes the object; may hold several statements, or none. Never edited by us. */
  defn: string
  dropStmt: string
  copyStmt: string
  namespace: string | undefined
  /** The empty string is the database's default tablespace; undefined where the object lies in none. */
  tablespace: string | undefined
  tableAccessMethod: string | undefined
  /** pg_class.relkind of the entry's table, archive version 1.16 and newer. */
  relkind: string | undefined
  owner: string | undefined
  /** Dump ids, also of objects that the archive has no entry for. */
  dependencies: number[]
  hadDumper: boolean
  /** Where the entry's data is; undefined where it has none. */
  data: EntryData | undefined
}

/**
 * An undefined offset: pg_dump could not seek in its output, so the block is found by walking the file. The name of a
 * file (in a directory or a tar file) is without the suffix of its compression.
 */
export type EntryData = { in: 'custom'; offset: bigint | undefined } | { in: 'directory'; file: string }

export type Section = 'none' | 'pre-data' | 'data' | 'post-data'

/** How data is stored; the names are those of `pg_dump --compress`. */
export type Compression = 'none' | 'gzip' | 'lz4' | 'zstd'

export interface Archive {
  format: 'custom' | 'directory' | 'tar'
  /** Version of the archive format, for example `{ major: 1, minor: 16, revision: 0 }`. */
  version: { major: number; minor: number; revision: number }
  compression: Compression
  /** The format holds no time zone: read as local time. */
  createdAt: Date
  database: string
  serverVersion: string
  pgDumpVersion: string
  entries: Entry[]
}
