import type { TextMode } from './cursor.ts'
import type { Archive, Compression, Entry, Section } from './entry.ts'
import { unwritableText } from './errors.ts'
import { archiveSettings } from './settings.ts'

/** How wide the archive's numbers are; pg_dump writes those of its machine, which are these wherever it runs today. */
export interface Widths {
  int: number
  offset: number
}

export interface TocOptions {
  /** How strings are encoded; see `charset`. */
  charset: Charset
  widths?: Widths
}

export type Charset = 'utf8' | 'latin1'

const WIDTHS: Widths = { int: 4, offset: 8 }
const SECTIONS: readonly Section[] = ['none', 'pre-data', 'data', 'post-data']
const COMPRESSIONS: readonly Compression[] = ['none', 'gzip', 'lz4', 'zstd']

/**
 * Header and table of contents as WriteHead and WriteToc of pg_backup_archiver.c write them, in the archive's own version,
 * from 1.12. For the same entries it is of one length, whatever the positions of their data.
 */
export function tocBytes(archive: Archive, { charset, widths = WIDTHS }: TocOptions): Buffer {
  const out = new TocWriter(widths, charset)
  const { version } = archive
  out.raw(Buffer.from('PGDMP'))
  // The directory format writes the number of the tar format.
  out.bytes(version.major, version.minor, version.revision, widths.int, widths.offset)
  out.bytes(archive.format === 'custom' ? 1 : 3)
  const compression = COMPRESSIONS.indexOf(archive.compression)
  if (version.minor >= 15) out.bytes(compression)
  else out.int(compression === 0 ? 0 : -1)
  const date = archive.createdAt
  for (const part of [
    date.getSeconds(),
    date.getMinutes(),
    date.getHours(),
    date.getDate(),
    date.getMonth(),
    date.getFullYear() - 1900,
    0,
  ]) {
    out.int(part)
  }
  out.string(archive.database)
  out.string(archive.serverVersion)
  out.string(archive.pgDumpVersion)
  out.int(archive.entries.length)
  for (const entry of archive.entries) writeEntry(out, archive, entry)
  return out.result()
}

function writeEntry(out: TocWriter, { format, version }: Archive, entry: Entry): void {
  out.int(entry.dumpId)
  out.int(entry.hadDumper ? 1 : 0)
  out.string(String(entry.catalogOid.table))
  out.string(String(entry.catalogOid.object))
  out.string(entry.tag)
  out.string(entry.desc)
  out.int(SECTIONS.indexOf(entry.section) + 1)
  out.string(entry.defn)
  out.string(entry.dropStmt)
  out.string(entry.copyStmt)
  out.string(entry.namespace)
  out.string(entry.tablespace)
  if (version.minor >= 14) out.string(entry.tableAccessMethod)
  if (version.minor >= 16) out.int(entry.relkind?.charCodeAt(0) ?? 0)
  out.string(entry.owner)
  out.string('false')
  for (const id of entry.dependencies) out.string(String(id))
  out.string(undefined)
  const { data } = entry
  if (format !== 'custom') out.string(data?.in === 'directory' ? data.file : '')
  else if (data?.in === 'custom') out.offset(data.offset === undefined ? 1 : 2, data.offset ?? 0n)
  else out.offset(3, 0n)
}

/** How to encode the archive's strings. JavaScript writes these two; text in any other encoding is carried over as bytes. */
export function charset(archive: Archive, text: TextMode): Charset {
  if (text === 'bytes') return 'latin1'
  const encoding = archiveSettings(archive).clientEncoding
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII') return 'utf8'
  if (encoding === 'LATIN1') return 'latin1'
  throw unwritableText(encoding)
}

class TocWriter {
  #buffer = Buffer.alloc(64 * 1024)
  #length = 0
  readonly #widths: Widths
  readonly #charset: Charset

  constructor(widths: Widths, charset: Charset) {
    this.#widths = widths
    this.#charset = charset
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  bytes(...values: number[]): void {
    this.raw(Uint8Array.from(values))
  }

  int(value: number): void {
    this.bytes(value < 0 ? 1 : 0)
    this.#magnitude(BigInt(Math.abs(value)), this.#widths.int)
  }

  /** Undefined is C's NULL. */
  string(value: string | undefined): void {
    if (value === undefined) {
      this.int(-1)
      return
    }
    const bytes = Buffer.from(value, this.#charset)
    this.int(bytes.length)
    this.raw(bytes)
  }

  offset(flag: number, position: bigint): void {
    this.bytes(flag)
    this.#magnitude(position, this.#widths.offset)
  }

  result(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  #magnitude(value: bigint, width: number): void {
    this.#room(width)
    for (let i = 0; i < width; i++) this.#buffer[this.#length++] = Number((value >> BigInt(8 * i)) & 0xffn)
  }

  #room(count: number): void {
    if (this.#length + count <= this.#buffer.length) return
    const larger = Buffer.alloc(Math.max(this.#buffer.length * 2, this.#length + count))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
