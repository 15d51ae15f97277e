import { PgleapError } from '../errors.ts'
import type { Cursor } from './cursor.ts'
import type { Archive, Entry, EntryData, Section } from './entry.ts'
import { quotedValue } from './settings.ts'

const MAGIC = 'PGDMP'
const OLDEST = 12
const NEWEST = 16
const SECTIONS: readonly (Section | undefined)[] = [undefined, 'none', 'pre-data', 'data', 'post-data']
const COMPRESSIONS = ['none', 'gzip', 'lz4', 'zstd'] as const
const LARGEST_OID = 0xffffffff

type Header = Omit<Archive, 'entries'>

export interface ParsedArchive {
  archive: Archive
  /** Where the table of contents ends, and the data blocks of a custom file begin. */
  end: number
  intSize: number
}

/** ReadHead and ReadToc of pg_backup_archiver.c. Throws PgleapError `archive.*`, or the cursor's `EndOfBytes`. */
export function parseArchive(cursor: Cursor): ParsedArchive {
  const { database, ...header } = readHeader(cursor)
  const entries = readToc(cursor, header)
  checkEnd(cursor, header, entries)
  // Decoded last: the name stands before the entry that says what encoding it is in.
  const archive = { ...header, database: cursor.decode(database), entries }
  return { archive, end: cursor.position, intSize: cursor.intSize }
}

function readHeader(cursor: Cursor): Omit<Header, 'database'> & { database: Buffer } {
  readMagic(cursor)
  const version = { major: cursor.byte(), minor: cursor.byte(), revision: cursor.byte() }
  checkVersion(version)
  cursor.setSizes(cursor.byte(), cursor.byte())
  const format = readFormat(cursor)
  const compression = readCompression(cursor, version.minor)
  const createdAt = readDate(cursor)
  const database = cursor.bytes() ?? Buffer.alloc(0)
  const serverVersion = cursor.string() ?? ''
  const pgDumpVersion = cursor.string() ?? ''
  return { format, version, compression, createdAt, database, serverVersion, pgDumpVersion }
}

function readMagic(cursor: Cursor): void {
  let start = ''
  while (start.length < MAGIC.length && cursor.position < cursor.size) start += String.fromCharCode(cursor.byte())
  if (start === MAGIC) return
  throw new PgleapError({
    code: 'archive.not-an-archive',
    message: 'This is not a pg_dump archive in custom, directory or tar format.',
    hint: start.startsWith('--')
      ? 'It looks like a plain SQL script: run it with psql, or make the dump again with pg_dump -Fc.'
      : 'Make it with pg_dump -Fc or pg_dump -Fd.',
    party: 'usage',
  })
}

function checkVersion(version: { major: number; minor: number }): void {
  const { major, minor } = version
  if (major === 1 && minor >= OLDEST && minor <= NEWEST) return
  const tooNew = major > 1 || minor > NEWEST
  throw new PgleapError({
    code: 'archive.version',
    message: `The archive has format version ${major}.${minor}; pgleap reads 1.${OLDEST} to 1.${NEWEST}.`,
    hint: tooNew
      ? 'It was made by a pg_dump newer than pgleap (or is damaged): use a newer pgleap, or an older pg_dump.'
      : 'It was made by a pg_dump older than 9.0: make the dump again with a newer one.',
    party: 'usage',
  })
}

/** pg_backup_directory.c writes its toc.dat with the tar format's number, so that a tar of the directory is an archive. */
function readFormat(cursor: Cursor): Archive['format'] {
  const at = cursor.position
  const format = cursor.byte()
  if (format === 1) return 'custom'
  if (format === 3 || format === 5) return 'directory'
  return cursor.fail(at, `it says that its format is ${format}`)
}

function readCompression(cursor: Cursor, minor: number): Archive['compression'] {
  const at = cursor.position
  // Before 1.15 the header held the level of gzip.
  const algorithm = minor >= 15 ? cursor.byte() : cursor.int() === 0 ? 0 : 1
  return COMPRESSIONS[algorithm] ?? cursor.fail(at, `its compression method ${algorithm} is unknown`)
}

function readDate(cursor: Cursor): Date {
  const at = cursor.position
  const [second, minute, hour, day, month, year] = [60, 59, 23, 31, 11, 8099].map((largest) => {
    const value = cursor.int()
    return value < 0 || value > largest ? cursor.fail(at, 'its date is impossible') : value
  })
  cursor.int() // tm_isdst, which tells nothing without the zone
  const date = new Date(0)
  date.setFullYear(1900 + (year ?? 0), month, day)
  date.setHours(hour ?? 0, minute, second, 0)
  return date
}

function readToc(cursor: Cursor, header: Pick<Header, 'format' | 'version'>): Entry[] {
  const at = cursor.position
  const count = cursor.int()
  if (count < 0) cursor.fail(at, 'it says that it has a negative number of entries')
  const entries: Entry[] = []
  const seen = new Set<number>()
  for (let i = 0; i < count; i++) {
    const start = cursor.position
    const entry = readEntry(cursor, header)
    if (seen.has(entry.dumpId)) cursor.fail(start, `two entries have the number ${entry.dumpId}`)
    seen.add(entry.dumpId)
    entries.push(entry)
    // pg_dump writes this entry before any other, so that all text after it can be read.
    if (entry.desc === 'ENCODING')
      cursor.setEncoding(quotedValue(entry.defn) ?? cursor.fail(start, 'it names no encoding'))
  }
  return entries
}

function readEntry(cursor: Cursor, { format, version }: Pick<Header, 'format' | 'version'>): Entry {
  const start = cursor.position
  const dumpId = cursor.int()
  if (dumpId <= 0) cursor.fail(start, `an entry has the number ${dumpId}`)
  // In the order of the file: an object literal's initialisers run from first to last.
  return {
    dumpId,
    hadDumper: readFlag(cursor),
    catalogOid: { table: readNumber(cursor, LARGEST_OID), object: readNumber(cursor, LARGEST_OID) },
    tag: cursor.requiredString('the name of an entry'),
    desc: cursor.requiredString('the kind of an entry'),
    section: readSection(cursor),
    defn: cursor.string() ?? '',
    dropStmt: cursor.string() ?? '',
    copyStmt: cursor.string() ?? '',
    namespace: cursor.string() || undefined,
    tablespace: cursor.string(),
    tableAccessMethod: version.minor >= 14 ? cursor.string() : undefined,
    relkind: version.minor >= 16 ? readRelkind(cursor) : undefined,
    owner: readOwner(cursor),
    dependencies: readDependencies(cursor),
    data: format === 'custom' ? readOffset(cursor) : readFileName(cursor),
  }
}

function readFlag(cursor: Cursor): boolean {
  const at = cursor.position
  const value = cursor.int()
  return value === 0 || value === 1 ? value === 1 : cursor.fail(at, 'a yes-or-no field is neither')
}

/** OIDs and dependencies are decimal text in the file. */
function readNumber(cursor: Cursor, largest: number): number {
  const at = cursor.position
  const text = cursor.requiredString('a number')
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Infinity
  return value <= largest ? value : cursor.fail(at, 'a number is no number')
}

function readSection(cursor: Cursor): Section {
  const at = cursor.position
  const number = cursor.int()
  return SECTIONS[number] ?? cursor.fail(at, `section ${number} does not exist`)
}

function readRelkind(cursor: Cursor): string | undefined {
  const at = cursor.position
  const code = cursor.int()
  if (code < 0 || code > 127) cursor.fail(at, 'a kind of relation is out of range')
  return code === 0 ? undefined : String.fromCharCode(code)
}

/** The owner, and the flag of tables WITH OIDS behind it, which no server since 12 can make. */
function readOwner(cursor: Cursor): string | undefined {
  const owner = cursor.string() || undefined
  const at = cursor.position
  const withOids = cursor.string()
  if (withOids !== 'false' && withOids !== 'true') cursor.fail(at, 'the end of an entry is not where it should be')
  return owner
}

function readDependencies(cursor: Cursor): number[] {
  const dependencies: number[] = []
  for (;;) {
    const at = cursor.position
    const text = cursor.string()
    if (text === undefined) return dependencies
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Infinity
    if (value > 0x7fffffff) cursor.fail(at, 'a dependency is no number')
    dependencies.push(value)
  }
}

function readOffset(cursor: Cursor): EntryData | undefined {
  const offset = cursor.offset()
  if (offset.state === 'no-data') return undefined
  return { in: 'custom', offset: offset.state === 'set' ? offset.position : undefined }
}

/** A plain name: what leads out of the directory was not written by pg_dump. */
function readFileName(cursor: Cursor): EntryData | undefined {
  const at = cursor.position
  const file = cursor.string()
  if (file === undefined || file === '') return undefined
  return /^[\w.-]+$/.test(file) && !/^\.+$/.test(file)
    ? { in: 'directory', file }
    : cursor.fail(at, 'the name of a data file is not one that pg_dump writes')
}

/** Entries lost by a damaged count would be lost silently: what follows the last one must be data, or nothing. */
function checkEnd(cursor: Cursor, header: Pick<Header, 'format'>, entries: Entry[]): void {
  const end = cursor.position
  const mayFollow = header.format === 'custom' && entries.some((entry) => entry.data !== undefined)
  if (end < cursor.size && !mayFollow) cursor.fail(end, 'it goes on after its last entry')
  for (const { data } of entries) {
    if (data?.in !== 'custom' || data.offset === undefined) continue
    if (data.offset < BigInt(end) || data.offset >= BigInt(cursor.size))
      cursor.fail(end, 'the data of an entry is outside')
  }
}
