import type { TableFacts } from '../catalog/index.ts'
import type { Readers } from './readers.ts'
import type { RowDifference } from './result.ts'
import { type HashColumn, type HashDialect, cellHashes, printedForm, rowHash, seed, textHash } from './row-hash.ts'
import { allSettled } from './settled.ts'
import { rowsOf, whereClause } from './tables.ts'
import { quoteIdent } from '../sql.ts'

/** A table that is not the same on both sides, and how to look into it. */
export interface DifferingTable {
  source: TableFacts
  target: TableFacts
  columns: readonly HashColumn[]
  dialect: HashDialect
  /** Rows on the larger side. */
  rows: bigint
}

export interface BothReaders {
  source: Readers
  target: Readers
}

/** Rows that one bucket holds on average, and how many buckets are looked into: together they bound our memory. */
const BUCKET_ROWS = 1024n
const MOST_BUCKETS = 65_536
const BUCKETS_LOOKED_INTO = 16

/** How much of a row without a key is shown. */
const EXCERPT_LENGTH = 200

/**
 * Finds the first `limit` rows that differ, in no particular order: by key where there is one, else by content. Rows are put into buckets by
 * a hash of the key; the buckets' sums tell which to read. Two more scans of each side, three where rows were changed.
 */
export async function findDifferences(
  readers: BothReaders,
  table: DifferingTable,
  limit: number,
): Promise<RowDifference[]> {
  const key = keyOf(table)
  const sql = key === undefined ? withoutKey(table) : withKey(table, key)
  const buckets = await differingBuckets(readers, table, sql)
  const [source, target] = await allSettled([
    readRows(readers.source, table.source, sql, buckets),
    readRows(readers.target, table.target, sql, buckets),
  ])
  if (key === undefined) return compareContents(source, target).slice(0, limit)
  const differences = compareKeys(source, target, key).slice(0, limit)
  return nameColumns(readers, table, sql, differences)
}

/** SQL for a row's identity, its bucket, its hash, and what is shown of it. */
interface RowSql {
  identity: string
  bucket: string
  hash: string
  shown: string
}

function keyOf({ source, columns }: DifferingTable): string[] | undefined {
  const names = new Set(columns.map(({ name }) => name))
  return source.key?.every((name) => names.has(name)) === true ? source.key : undefined
}

function withKey(table: DifferingTable, key: readonly string[]): RowSql {
  const quoted = key.map(quoteIdent)
  const identity = printedForm(quoted)
  return {
    identity,
    bucket: bucketOf(textHash(identity, seed(0), table.dialect), table),
    hash: rowHash(table.columns, table.dialect),
    // A key's columns are not NULL; format() uses the output function of any type.
    shown: `ARRAY[${quoted.map((column) => `pg_catalog.format('%s', ${column})`).join(', ')}]`,
  }
}

function withoutKey(table: DifferingTable): RowSql {
  const hash = rowHash(table.columns, table.dialect)
  const row = printedForm(table.columns.map(({ name }) => quoteIdent(name)))
  return {
    identity: `(${hash})::pg_catalog.text`,
    bucket: bucketOf(hash, table),
    hash,
    shown: `ARRAY[pg_catalog.left(${row}, ${String(EXCERPT_LENGTH)})]`,
  }
}

function bucketOf(hash: string, { rows }: DifferingTable): string {
  let buckets = 1
  while (buckets < MOST_BUCKETS && BigInt(buckets) * BUCKET_ROWS < rows) buckets *= 2
  return `((${hash}) & ${String(buckets - 1)})::pg_catalog.int4`
}

async function differingBuckets(readers: BothReaders, table: DifferingTable, sql: RowSql): Promise<number[]> {
  const [source, target] = await allSettled([
    readBuckets(readers.source, table.source, sql),
    readBuckets(readers.target, table.target, sql),
  ])
  const differing = new Set<number>()
  for (const [bucket, total] of source) if (target.get(bucket) !== total) differing.add(bucket)
  for (const bucket of target.keys()) if (!source.has(bucket)) differing.add(bucket)
  return [...differing].toSorted((a, b) => a - b).slice(0, BUCKETS_LOOKED_INTO)
}

async function readBuckets(readers: Readers, facts: TableFacts, sql: RowSql): Promise<Map<number, string>> {
  const { from, where } = rowsOf(facts)
  const rows = await readers.run((session) =>
    session.query<{ bucket: number; total: string }>(
      `SELECT bucket, pg_catalog.count(*) || ' ' || pg_catalog.sum(hash) AS total
         FROM (SELECT ${sql.bucket} AS bucket, ${sql.hash} AS hash FROM ${from}${whereClause(where)}) r
        GROUP BY bucket`,
    ),
  )
  return new Map(rows.map(({ bucket, total }) => [bucket, total]))
}

/** Rows of one identity: normally one; more where there is no key, or the target lost its unique index. */
interface IdentifiedRow {
  identity: string
  shown: string[]
  hashes: string[]
}

async function readRows(
  readers: Readers,
  facts: TableFacts,
  sql: RowSql,
  buckets: readonly number[],
): Promise<Map<string, IdentifiedRow>> {
  const { from, where } = rowsOf(facts)
  const conditions = [...where, `${sql.bucket} = ANY ($1::pg_catalog.int4[])`]
  const rows = await readers.run((session) =>
    session.query<{ identity: string; shown: string[]; hashes: string[] }>(
      `SELECT identity, pg_catalog.min(shown) AS shown, pg_catalog.array_agg(hash ORDER BY hash) AS hashes
         FROM (SELECT ${sql.identity} AS identity, ${sql.shown} AS shown, (${sql.hash})::pg_catalog.text COLLATE "C" AS hash
                 FROM ${from}${whereClause(conditions)}) r
        GROUP BY identity`,
      [buckets],
    ),
  )
  return new Map(rows.map((row) => [row.identity, row]))
}

type KeyedDifference = RowDifference & { identity: string }

function compareKeys(
  source: ReadonlyMap<string, IdentifiedRow>,
  target: ReadonlyMap<string, IdentifiedRow>,
  key: readonly string[],
): KeyedDifference[] {
  const differences: KeyedDifference[] = []
  const add = (kind: RowDifference['kind'], { identity, shown }: IdentifiedRow) =>
    differences.push({ kind, identity, key: Object.fromEntries(key.map((name, place) => [name, shown[place] ?? ''])) })
  for (const row of source.values()) {
    const other = target.get(row.identity)
    if (other === undefined) add('missing', row)
    else if (other.hashes.length > row.hashes.length) add('extra', other)
    else if (other.hashes.join() !== row.hashes.join()) add('changed', row)
  }
  for (const row of target.values()) if (!source.has(row.identity)) add('extra', row)
  return differences
}

function compareContents(
  source: ReadonlyMap<string, IdentifiedRow>,
  target: ReadonlyMap<string, IdentifiedRow>,
): RowDifference[] {
  const differences: RowDifference[] = []
  const add = (kind: RowDifference['kind'], { shown }: IdentifiedRow, count: number) => {
    differences.push({ kind, excerpt: shown[0] ?? '', count })
  }
  for (const row of source.values()) {
    const surplus = row.hashes.length - (target.get(row.identity)?.hashes.length ?? 0)
    if (surplus > 0) add('missing', row, surplus)
  }
  for (const row of target.values()) {
    const surplus = row.hashes.length - (source.get(row.identity)?.hashes.length ?? 0)
    if (surplus > 0) add('extra', row, surplus)
  }
  return differences
}

/** Adds to each changed row the names of the columns whose values differ. */
async function nameColumns(
  readers: BothReaders,
  table: DifferingTable,
  sql: RowSql,
  differences: readonly KeyedDifference[],
): Promise<RowDifference[]> {
  const changed = differences.filter(({ kind }) => kind === 'changed').map(({ identity }) => identity)
  const [source, target] =
    changed.length === 0
      ? [new Map<string, string[]>(), new Map<string, string[]>()]
      : await allSettled([
          readCells(readers.source, table.source, table, sql, changed),
          readCells(readers.target, table.target, table, sql, changed),
        ])
  return differences.map(({ identity, ...difference }) => {
    const before = source.get(identity)
    const after = target.get(identity)
    if (before === undefined || after === undefined) return difference
    const names = table.columns.filter((_, place) => before[place] !== after[place]).map(({ name }) => name)
    return { ...difference, columns: names }
  })
}

async function readCells(
  readers: Readers,
  facts: TableFacts,
  { columns, dialect }: DifferingTable,
  sql: RowSql,
  identities: readonly string[],
): Promise<Map<string, string[]>> {
  const { from, where } = rowsOf(facts)
  const cells = `ARRAY[${cellHashes(columns, dialect)
    .map((cell) => `(${cell})::pg_catalog.text`)
    .join(', ')}]`
  const rows = await readers.run((session) =>
    session.query<{ identity: string; cells: string[] }>(
      `SELECT ${sql.identity} AS identity, ${cells} AS cells
         FROM ${from}${whereClause([...where, `${sql.identity} = ANY ($1::pg_catalog.text[])`])}`,
      [identities],
    ),
  )
  return new Map(rows.map(({ identity, cells: hashes }) => [identity, hashes]))
}
