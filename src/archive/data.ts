import type { Archive, Entry } from './entry.ts'

export interface ReadOptions {
  signal?: AbortSignal | undefined
}

/** A large object of an archive. Its data has to be read before the next object is asked for. */
export interface LargeObject {
  oid: number
  data: AsyncIterable<Buffer>
}

/**
 * Where the data of an archive's entries comes from: an archive that was opened, or a server that is being dumped. What
 * is read is decompressed; each stream holds a few MB at a time. Damage throws PgleapError `archive.*` from the stream.
 */
export interface ArchiveData {
  readonly archive: Archive
  /**
   * Of a TABLE DATA entry: COPY's rows, without what stands before the first and behind the last, or INSERT statements (see
   * `dataForm`). Of any other entry with data, its bytes as they are. Chunks end anywhere. Several entries may be read at once.
   */
  data(entry: Entry, options?: ReadOptions): AsyncIterable<Buffer>
  /** The objects of a BLOBS entry: one entry for each batch since PostgreSQL 17, one for all before. */
  largeObjects(entry: Entry, options?: ReadOptions): AsyncIterable<LargeObject>
}

export interface OpenArchive extends ArchiveData, AsyncDisposable {
  /** Stored (compressed) bytes of an entry's data, for progress and costs; 0 where it has none, undefined if unknown. */
  storedBytes(entry: Entry): Promise<number | undefined>
}

export interface WrittenFile {
  /** Relative to the directory that was written; the file's own name where one file was written. */
  path: string
  bytes: number
  sha256: string
}

export interface DataSize {
  bytes: number
  storedBytes: number
}

/** Settles when there is room for more; undefined where there is. Most writes find room, and a promise for each chunk costs CPU. */
export type Room = Promise<void> | undefined

export interface DataSink {
  /**
   * Takes the bytes over: what the chunks lie in may be used again once there is room for more. In COPY form several
   * streams may write to one sink at once, as long as the chunks of each call consist of whole rows.
   */
  write(...chunks: Uint8Array[]): Room
  /** Adds what stands behind the rows of COPY, where the entry has that form, and closes; tells of the file, where it has one of its own. */
  end(): Promise<DataSize & { file?: WrittenFile }>
}

export interface LargeObjectsSink {
  object(oid: number, chunks: AsyncIterable<Uint8Array>): Promise<DataSize>
  end(): Promise<void>
}

/** Disposal without `finish` leaves nothing that looks whole. All may throw PgleapError `archive.unwritable`. */
export interface ArchiveWriter extends AsyncDisposable {
  /**
   * Opens an entry's data, of the form that its copyStmt says. In a directory several may be open at once; in a custom file
   * one after the other.
   */
  data(entry: Entry): Promise<DataSink>
  largeObjects(entry: Entry): Promise<LargeObjectsSink>
  /** Writes the table of contents, last of all (directory) or into its place (custom file), and makes the result durable. */
  finish(archive: Archive): Promise<WrittenFile[]>
}

/** Writes each entry's data into files of its own, so that one can be begun anew. */
export interface DirectoryWriter extends ArchiveWriter {
  /** Takes away what was written of an entry's data that has not ended, so that it is written again. Nobody may be writing it. */
  discard(entry: Entry): Promise<void>
}

/**
 * What the data of a TABLE DATA entry is; pg_dump leaves the COPY statement out where it dumps INSERT statements. Rows in binary form
 * are our own dumps' alone (see `copyOfRows`).
 */
export function dataForm({ copyStmt }: Pick<Entry, 'copyStmt'>): 'text' | 'binary' | 'inserts' {
  if (copyStmt === '') return 'inserts'
  return copyStmt.endsWith(FROM.binary) ? 'binary' : 'text'
}

/**
 * The COPY statement of a TABLE DATA entry. pg_restore sends it to the server as it stands, and then the entry's data, byte for
 * byte (restore_toc_entry and ExecuteSqlCommandBuf in pg_backup_archiver.c and pg_backup_db.c): so it loads rows of either form.
 */
export function copyOfRows(into: string, rows: 'text' | 'binary'): string {
  return `COPY ${into}${FROM[rows]}`
}

/** `COPY table (columns)` of an entry's statement. */
export function copyHead({ copyStmt }: Pick<Entry, 'copyStmt'>): string {
  if (copyStmt.endsWith(FROM.binary)) return copyStmt.slice(0, -FROM.binary.length)
  return copyStmt.replace(/\s+FROM\s+stdin;\s*$/i, '')
}

const FROM = { text: ' FROM stdin;\n', binary: ' FROM stdin WITH (FORMAT binary);\n' } as const
