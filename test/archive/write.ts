import type { Archive, Entry } from '../../src/archive/index.ts'

/** How the archive's machine wrote its numbers. */
export interface Widths {
  int: number
  offset: number
}

/** Writes header and table of contents as pg_dump does (WriteHead, WriteToc), for each version from 1.12. */
export function writeArchive(archive: Archive, widths: Widths = { int: 4, offset: 8 }, padding = 0): Buffer {
  const out = new Writer(widths)
  const { version } = archive
  out.raw(Buffer.from('PGDMP'))
  // The directory format writes the number of the tar format.
  out.bytes(version.major, version.minor, version.revision, widths.int, widths.offset)
  out.bytes(archive.format === 'custom' ? 1 : 3)
  const compression = ['none', 'gzip', 'lz4', 'zstd'].indexOf(archive.compression)
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
  out.raw(Buffer.alloc(padding, 1))
  return out.result()
}

function writeEntry(out: Writer, { format, version }: Archive, entry: Entry): void {
  out.int(entry.dumpId)
  out.int(entry.hadDumper ? 1 : 0)
  out.string(String(entry.catalogOid.table))
  out.string(String(entry.catalogOid.object))
  out.string(entry.tag)
  out.string(entry.desc)
  out.int(['none', 'pre-data', 'data', 'post-data'].indexOf(entry.section) + 1)
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
  if (format === 'directory') out.string(data?.in === 'directory' ? data.file : '')
  else if (data?.in === 'custom') out.offset(data.offset === undefined ? 1 : 2, data.offset ?? 0n)
  else out.offset(3, 0n)
}

class Writer {
  readonly #parts: Buffer[] = []
  readonly #widths: Widths

  constructor(widths: Widths) {
    this.#widths = widths
  }

  raw(bytes: Buffer): void {
    this.#parts.push(bytes)
  }

  bytes(...values: number[]): void {
    this.raw(Buffer.from(values))
  }

  int(value: number): void {
    this.bytes(value < 0 ? 1 : 0)
    this.#magnitude(BigInt(Math.abs(value)), this.#widths.int)
  }

  string(value: string | undefined): void {
    const bytes = Buffer.from(value ?? '')
    this.int(value === undefined ? -1 : bytes.length)
    this.raw(bytes)
  }

  offset(flag: number, position: bigint): void {
    this.bytes(flag)
    this.#magnitude(position, this.#widths.offset)
  }

  result(): Buffer {
    return Buffer.concat(this.#parts)
  }

  #magnitude(value: bigint, width: number): void {
    for (let i = 0; i < width; i++) this.bytes(Number((value >> BigInt(8 * i)) & 0xffn))
  }
}
