import { createHash } from 'node:crypto'
import { readLargeObjects, type TableFacts } from '../catalog/index.ts'
import { readContents } from './large-objects.ts'
import { COMPARING, type Moment, Readers } from './readers.ts'
import { mayBeUnknown, reasonOf } from './reason.ts'
import { type HashColumn, type HashDialect, rowHash } from './row-hash.ts'
import { allSettled } from './settled.ts'
import { type TableSide, readTableSides } from './tables.ts'
import { readTotals } from './totals.ts'

/** What the content of one database comes to: two databases of the same sums hold the same. Plain JSON, for a manifest. */
export interface ContentSums {
  mode: 'full' | 'counts'
  /** How rows were hashed; the other side has to do it alike (`like`). */
  dialect: HashDialect
  /** Server encoding. */
  encoding: string
  tables: TableSum[]
  largeObjects: LargeObjectSum[]
}

export interface TableSum {
  schema: string
  name: string
  /** The columns in the hash, in its order, each with the built-in type below any domain. */
  columns: HashColumn[]
  rows: number
  /** Sum of the rows' 64-bit hashes, as decimal text; undefined where rows were only counted. */
  hash: string | undefined
  /** Why it could not be read; rows and hash say nothing then. */
  unreadable?: string
}

/** The large objects from one OID to another; ranges rise, and what lies between them is nothing. */
export interface LargeObjectSum {
  fromOid: number
  toOid: number
  count: number
  /** Over OIDs and contents, in the order of OIDs; undefined where objects were only counted. */
  sha256: string | undefined
  unreadable?: string
}

export interface SumsOptions {
  mode: 'full' | 'counts'
  /** Sessions that read at the same time. */
  jobs: number
  includeRows?: ((table: TableFacts) => boolean) | undefined
  /**
   * The other side's sums: its tables alone are read, over its columns, hashed as there. A table without one of them is `unreadable`; so is
   * one of as many rows, where text was hashed in an encoding that this server does not have.
   */
  like?: ContentSums | undefined
  /** Whether what cannot be read ends the reading, or is listed with its reason. @defaultValue 'throw' */
  unreadable?: 'throw' | 'list' | undefined
  onTable?: ((sum: TableSum) => void) | undefined
  signal?: AbortSignal | undefined
}

/** Large objects in one sum. */
const PER_RANGE = 500

/**
 * Reads what a database's content comes to, in one moment. Reads only. Materialized views are left out, as their content
 * is made by their query.
 */
export async function readContentSums(moment: Moment, options: SumsOptions): Promise<ContentSums> {
  const signal = options.signal ?? new AbortController().signal
  await using readers = new Readers(moment, { limit: options.jobs, signal, prepare: COMPARING })
  const side = await readers.run(async (session) => {
    const [row] = await session.query<{ server_encoding: string }>('SHOW server_encoding')
    return {
      major: session.major,
      encoding: row?.server_encoding ?? '',
      ...(await readTableSides(session, options.includeRows ?? (() => true))),
    }
  })
  const { like, mode } = options
  const dialect = like?.dialect ?? ownDialect(side)
  const unlike = like === undefined ? undefined : whyUnlike(like, side.encoding)
  const wanted = new Map(like?.tables.map((table) => [`${table.schema}.${table.name}`, table]))
  const tables = [...side.tables]
    .filter(([label]) => like === undefined || wanted.has(label))
    .toSorted(([, one], [, other]) => bytesOf(other) - bytesOf(one))
    .map(async ([label, table]) => {
      const read = { readers, dialect, major: side.major, wanted: wanted.get(label), unlike, options, signal }
      const sum = await sumTable(table, read)
      options.onTable?.(sum)
      return sum
    })
  const [sums, largeObjects] = await allSettled([allSettled(tables), sumLargeObjects(readers, { options, signal })])
  return {
    mode,
    dialect,
    encoding: side.encoding,
    tables: sums.toSorted((one, other) => (`${one.schema}.${one.name}` < `${other.schema}.${other.name}` ? -1 : 1)),
    largeObjects,
  }
}

/** Encodings whose bytes are hashed as they are: a target of UTF8 or SQL_ASCII holds the same ones. */
const AS_THEY_ARE: ReadonlySet<string> = new Set(['UTF8', 'SQL_ASCII'])

function ownDialect({ major, encoding }: { major: number; encoding: string }): HashDialect {
  return { major, encodings: AS_THEY_ARE.has(encoding) ? 'equal' : 'different' }
}

/** Why hashes say nothing here; undefined where they do. */
function whyUnlike(like: ContentSums, encoding: string): string | undefined {
  if (like.mode === 'counts' || like.dialect.encodings === 'different' || AS_THEY_ARE.has(encoding)) return undefined
  return `text was hashed in ${like.encoding}, and this database stores it in ${encoding}: pgleap verify SOURCE TARGET compares them`
}

interface Reading {
  readers: Readers
  dialect: HashDialect
  major: number
  /** The other side's. */
  wanted: TableSum | undefined
  /** Why its hashes say nothing here. */
  unlike: string | undefined
  options: SumsOptions
  signal: AbortSignal
}

async function sumTable(side: TableSide, reading: Reading): Promise<TableSum> {
  const { schema, name } = side.facts
  const { readers, dialect, major, wanted, unlike, options, signal } = reading
  const columns = wanted?.columns ?? [...side.builtIn].map(([column, builtIn]) => ({ name: column, builtIn }))
  const missing = columns.filter((column) => !side.builtIn.has(column.name)).map((column) => column.name)
  const empty = { schema, name, columns, rows: 0, hash: undefined }
  if (missing.length > 0) return { ...empty, unreadable: `it has no column ${missing.join(', ')}` }
  try {
    const hash = options.mode === 'full' && unlike === undefined ? rowHash(columns, dialect) : undefined
    const totals = await readTotals(readers, side.facts, { major, hash })
    const rows = Number(totals.rows)
    if (hash !== undefined) return { ...empty, rows, hash: String(totals.hash) }
    // Another number of rows is a difference, whatever is in them.
    return unlike === undefined || rows !== wanted?.rows ? { ...empty, rows } : { ...empty, rows, unreadable: unlike }
  } catch (error) {
    if (options.unreadable !== 'list') throw error
    mayBeUnknown(error, signal)
    return { ...empty, unreadable: reasonOf(error) }
  }
}

async function sumLargeObjects(
  readers: Readers,
  { options, signal }: Pick<Reading, 'options' | 'signal'>,
): Promise<LargeObjectSum[]> {
  const ranges =
    options.like?.largeObjects ??
    (await readers.run((session) => readLargeObjects(session, { perRange: PER_RANGE }))).ranges
  return allSettled(ranges.map((range) => sumRange(readers, range, { options, signal })))
}

async function sumRange(
  readers: Readers,
  { fromOid, toOid }: { fromOid: number; toOid: number },
  { options, signal }: Pick<Reading, 'options' | 'signal'>,
): Promise<LargeObjectSum> {
  const rows = await readers.run((session) => session.query<{ oid: number }>(OIDS, [fromOid, toOid]))
  const oids = rows.map(({ oid }) => oid)
  const sum = { fromOid, toOid, count: oids.length, sha256: undefined }
  if (options.mode === 'counts') return sum
  const contents = await readContents(readers, oids, signal)
  const hash = createHash('sha256')
  for (const oid of oids) {
    const content = contents.get(oid) ?? ''
    if (typeof content === 'string') hash.update(`${String(oid)} ${content}\n`)
    else if (options.unreadable === 'list') return { ...sum, unreadable: `${String(oid)}: ${reasonOf(content)}` }
    else throw content
  }
  return { ...sum, sha256: hash.digest('hex') }
}

const OIDS = `SELECT m.oid::int8 AS oid
  FROM pg_catalog.pg_largeobject_metadata m
 WHERE m.oid BETWEEN $1::oid AND $2::oid
 ORDER BY m.oid`

function bytesOf({ facts }: TableSide): number {
  return facts.heapBytes + facts.toastBytes
}
