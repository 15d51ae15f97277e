/** What `list` returns: an archive's table of contents, as plain data. */
export interface ArchiveListing {
  path: string
  format: 'custom' | 'directory' | 'tar'
  /** Of the archive's format, for example `1.16`. */
  version: string
  compression: 'none' | 'gzip' | 'lz4' | 'zstd'
  /** When the dump was made, as its machine's clock had it: the archive holds no time zone. `2026-11-21T13:45:00` */
  createdAt: string
  database: string
  serverVersion: string
  pgDumpVersion: string
  encoding: string
  /** Of all data as it is stored; null where the archive does not tell. */
  storedBytes: number | null
  entries: readonly ListedEntry[]
}

export interface ListedEntry {
  dumpId: number
  /** In pg_dump's words, for example `TABLE DATA`. */
  kind: string
  section: 'none' | 'pre-data' | 'data' | 'post-data'
  schema: string | null
  name: string
  owner: string | null
  tablespace: string | null
  /** Of its data as it is stored: 0 where it has none, null where the archive does not tell. */
  storedBytes: number | null
  dependencies: readonly number[]
}
