import type { LeftOutDatabase } from './server-report.ts'
import type { Endpoint, NoticeReport } from './result.ts'

/** What `dump` returns. Plain JSON without secrets. */
export interface DumpReport {
  source: Endpoint
  /** ISO 8601, UTC. */
  startedAt: string
  ms: number
  format: 'directory' | 'custom' | 'plain'
  compression: 'none' | 'gzip' | 'lz4' | 'zstd'
  /** Where it went; `-` is a stream. */
  to: string
  /** One, or with `databases: 'all'` one each. */
  databases: DumpedDatabase[]
  /** Path of the roles' script, with `databases: 'all'`. */
  roles?: string
  /** Databases that are no part of it, each with its reason. */
  leftOut: LeftOutDatabase[]
  /** Databases that could not be dumped; the others were. */
  failed: { database: string; code: string; message: string; hint?: string }[]
  notices: NoticeReport[]
}

export interface DumpedDatabase {
  database: string
  to: string
  /** Path of the manifest; undefined where it was written nowhere. */
  manifest?: string
  /** The moment of the source that it shows: ISO 8601, UTC, by the source's clock. */
  moment: string
  /** What the files take, all together. */
  bytes: number
  files: number
  /** Tables with their rows, largest first; bytes are those of their text. */
  tables: { table: string; rows: number; bytes: number }[]
  largeObjects: { count: number; bytes: number }
  sequences: number
  hashes: 'full' | 'none'
  /** Tables that an earlier process had finished, and that were kept. */
  kept: number
}
