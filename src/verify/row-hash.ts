import { quoteIdent } from '../sql.ts'

/** A column that both sides have: its name, and the built-in type below any domain, where both sides have the same one. */
export interface HashColumn {
  name: string
  builtIn: string | undefined
}

export interface HashDialect {
  /** The lower of the two servers' majors. */
  major: number
  /** Whether both databases store text in the same encoding; if not, text is hashed as UTF8. */
  encodings: 'equal' | 'different'
}

/**
 * Built-in types whose send functions (src/backend/utils/adt) write every bit that their text form shows and no other,
 * alike in every major: 1.0 and 1.00, '1 mon' and '30 days' stay apart. Their own hash functions are of no use here, since
 * those follow `=` (numeric's even ignores the sign), and int8's, which the times share, folds to 32 bits.
 */
const SEND: Readonly<Record<string, string>> = {
  numeric: 'numeric_send',
  money: 'cash_send', // its text depends on lc_monetary
  date: 'date_send',
  time: 'time_send',
  timetz: 'timetz_send',
  timestamp: 'timestamp_send',
  timestamptz: 'timestamptz_send',
  interval: 'interval_send',
  json: 'json_send',
  jsonb: 'jsonb_send',
}

/** Arrays of these are sent with dimensions, bounds and an element OID that is the same on every server (array_send). */
const SENT_ARRAYS: ReadonlySet<string> = new Set(
  'int2 int4 int8 bool oid uuid text varchar bytea numeric date time timestamp timestamptz interval jsonb'
    .split(' ')
    .map((element) => `_${element}`),
)

/** Functions of 64-bit hashes came with this major; before it, rows are hashed by md5 of their text. */
const EXTENDED_HASHES = 11

/**
 * An SQL expression, over the columns of one row, for a 64-bit hash (int8, never NULL) that both sides compute alike:
 * equal rows have equal hashes, on every pair of majors, and rows that differ in anything that a user can see do so but
 * for one chance in 2^64.
 *
 * Every column gives a cell of 64 bits, seeded by its place in `columns`; the cells are combined by XOR, and the result
 * goes through one more hash. Without this last step the sum over all rows would not notice values that change places
 * between rows: XOR and PostgreSQL's own record hash (31 * h + cell) are linear, so that such sums often stay the same.
 *
 * The hash functions are stable across majors (hash partitioning relies on them, pg_upgrade with it), not across byte
 * orders: both servers must have the same endianness.
 */
export function rowHash(columns: readonly HashColumn[], dialect: HashDialect): string {
  if (dialect.major < EXTENDED_HASHES) return md5Hash(`ROW(${columns.map(plainForm).join(', ')})::pg_catalog.text`)
  const singles: string[] = []
  const sent: string[] = []
  const printed: string[] = []
  for (const [place, column] of columns.entries()) {
    const cell = singleCell(column, place, dialect)
    if (cell !== undefined) singles.push(cell)
    else if (sentForm(column) !== undefined) sent.push(plainForm(column))
    else printed.push(quoteIdent(column.name))
  }
  // Cells of one kind share one hash: their places within it take the part of the seeds.
  if (sent.length > 0) singles.push(bytesHash(`ARRAY[${sent.join(', ')}]`, seed(columns.length)))
  if (printed.length > 0) singles.push(textHash(printedForm(printed), seed(columns.length + 1), dialect))
  return `pg_catalog.hashint4extended(0, ${singles.length === 0 ? seed(0) : singles.join(' # ')})`
}

/** The hash of each column by itself, to tell which columns of a row differ; int8, NULL for no NULL. */
export function cellHashes(columns: readonly HashColumn[], dialect: HashDialect): string[] {
  return columns.map((column) => rowHash([column], dialect))
}

/** A row of columns as one text, which no two different rows share: NULL, empty and quoted values stay apart (record_out). */
export function printedForm(quotedColumns: readonly string[]): string {
  return `ROW(${quotedColumns.join(', ')})::pg_catalog.text`
}

/** A 64-bit hash of a text, which both sides compute alike. */
export function textHash(text: string, seed: string, { major, encodings }: HashDialect): string {
  if (major < EXTENDED_HASHES) return md5Hash(text)
  if (encodings === 'different') return bytesHash(`ARRAY[pg_catalog.textsend(${text})]`, seed)
  return `pg_catalog.hashtextextended(${text}, ${seed})`
}

/** The cell of a column that has a hash call of its own, never NULL; undefined where it shares one with others. */
function singleCell(column: HashColumn, place: number, dialect: HashDialect): string | undefined {
  const value = quoteIdent(column.name)
  const own = seed(place)
  const hash = directHash(value, column.builtIn, own, dialect)
  return hash === undefined ? undefined : `COALESCE(${hash}, ${nullCell(place)})`
}

function directHash(value: string, builtIn: string | undefined, own: string, dialect: HashDialect): string | undefined {
  switch (builtIn ?? '') {
    case 'int2':
    case 'int4':
      return `pg_catalog.hash${builtIn}extended(${value}, ${own})`
    case 'int8':
      // Folded to 32 bits by itself (-1 and 4294967295 would be one): the value is the seed, too.
      return `pg_catalog.hashint8extended(${value}, ${value} # ${own})`
    case 'bool':
      return `pg_catalog.hashint4extended(${value}::pg_catalog.int4, ${own})`
    case 'oid':
      return `pg_catalog.hashoidextended(${value}, ${own})`
    case 'uuid':
      return `pg_catalog.uuid_hash_extended(${value}, ${own})`
    case 'text':
    case 'varchar':
      // "C": a nondeterministic collation would take different texts for equal.
      return textHash(`${value} COLLATE "C"`, own, dialect)
    case 'xml':
      return textHash(`${value}::pg_catalog.text`, own, dialect)
    case 'float4':
    case 'float8':
      // As text: 0, as its hash is that of -0, and NaN, of which computing makes others than reading does.
      return `CASE WHEN ${value} <> 0 AND ${value} <> 'NaN' THEN pg_catalog.hash${builtIn}extended(${value}, ${own}) ELSE ${textHash(`${value}::pg_catalog.text`, own, dialect)} END`
    default:
      return undefined
  }
}

/** The element hashes of an array are combined with care for order; a NULL in it counts as the hash 0. */
function bytesHash(array: string, own: string): string {
  return `pg_catalog.hash_array_extended(${array}, ${own})`
}

/** The column as bytes; undefined for types that have no such form. */
function sentForm({ name, builtIn }: HashColumn): string | undefined {
  const value = quoteIdent(name)
  if (builtIn === undefined) return undefined
  if (builtIn === 'bytea') return `${value}::pg_catalog.bytea`
  if (SENT_ARRAYS.has(builtIn)) return `pg_catalog.array_send(${value})`
  const send = SEND[builtIn]
  return send === undefined ? undefined : `pg_catalog.${send}(${value})`
}

/** The column as bytes where it has such a form, else itself. */
function plainForm(column: HashColumn): string {
  return sentForm(column) ?? quoteIdent(column.name)
}

function md5Hash(text: string): string {
  return `('x' || pg_catalog.substr(pg_catalog.md5(pg_catalog.textsend(${text})), 1, 16))::pg_catalog.bit(64)::pg_catalog.int8`
}

const GOLDEN = 0x9e3779b97f4a7c15n

/** The seed of a cell by its place; any fixed odd numbers of 64 bits would do. */
export function seed(place: number): string {
  return int8(GOLDEN * BigInt(2 * place + 1))
}

function nullCell(place: number): string {
  return int8(GOLDEN * BigInt(2 * place + 2) + 0x5bd1e995n)
}

function int8(value: bigint): string {
  return `'${String(BigInt.asIntN(64, value))}'::pg_catalog.int8`
}
