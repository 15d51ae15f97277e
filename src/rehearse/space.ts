import { gzipSync } from 'node:zlib'
import { readIndexes, readTables, type TableFacts } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import type { SpaceReport } from '../report/index.ts'
import { qualified } from '../sql.ts'
import { isRefusal } from './try-entries.ts'

/** What tables and indexes take on a server now. */
export interface Sizes {
  dataBytes: number
  indexBytes: number
}

export async function readSizes(session: Session): Promise<{ tables: readonly TableFacts[]; sizes: Sizes }> {
  const tables = (await readTables(session)).filter(({ kind }) => kind === 'table' || kind === 'materialized-view')
  const indexes = await readIndexes(session, tables)
  return {
    tables,
    sizes: {
      dataBytes: sum(tables.map(({ heapBytes, toastBytes }) => heapBytes + toastBytes)),
      indexBytes: sum(indexes.map(({ bytes }) => bytes)),
    },
  }
}

/**
 * From the source's catalog: what its tables and indexes take now, bloat included. A page of a new table or index is
 * logged once, so the WAL is as much again.
 */
export async function spaceFromCatalog(source: Session): Promise<SpaceReport> {
  const { tables, sizes } = await readSizes(source)
  const dump = await estimateDumpFile(source, tables)
  return {
    basis: 'catalog',
    ...sizes,
    walBytes: sizes.dataBytes + sizes.indexBytes,
    ...(dump === undefined ? {} : { dumpFileBytes: dump }),
  }
}

/** The largest tables make up nearly all of most databases. */
const MOST_TABLES = 10
const MOST_ROWS = 2_000
/** About as many pages hold enough rows to tell how well they compress. */
const PAGES = 50

/**
 * How large `pg_dump -Fc` would make a file of the rows: some of the largest tables' rows are read as text and compressed,
 * and the others are taken to compress as well. Undefined where there is no row to read.
 */
export async function estimateDumpFile(source: Session, tables: readonly TableFacts[]): Promise<number | undefined> {
  const ordinary = tables.filter(({ kind, blocks }) => kind === 'table' && blocks > 0)
  const largest = ordinary.toSorted((one, other) => bytesOf(other) - bytesOf(one)).slice(0, MOST_TABLES)
  let read = 0
  let compressed = 0
  for (const table of largest) {
    const ratio = await compression(source, table)
    if (ratio === undefined) continue
    read += bytesOf(table)
    compressed += bytesOf(table) * ratio
  }
  if (read === 0) return undefined
  return Math.round((compressed / read) * sum(ordinary.map(bytesOf)))
}

/** Bytes in a compressed dump for each byte on the source's disk; undefined where nothing can be said. */
async function compression(source: Session, table: TableFacts): Promise<number | undefined> {
  const percent = Math.min(100, (PAGES / table.blocks) * 100)
  const rows = await readRows(source, table, percent)
  if (rows.length === 0 || table.estimatedRows === undefined) return undefined
  const perRow = gzipSync(rows.map(({ row }) => row).join('\n')).length / rows.length
  return (perRow * Math.max(table.estimatedRows, rows.length)) / Math.max(1, bytesOf(table))
}

/** None where the source does not give any: a row of its own that cannot be read is no reason to stop for an estimate. */
async function readRows(source: Session, { schema, name }: TableFacts, percent: number): Promise<{ row: string }[]> {
  try {
    return await source.query<{ row: string }>(
      `select t::pg_catalog.text as row from only ${qualified(schema, name)} as t tablesample system (${String(percent)}) limit ${String(MOST_ROWS)}`,
    )
  } catch (error) {
    if (!isRefusal(error)) throw error
    return []
  }
}

export function bytesOf({ heapBytes, toastBytes }: TableFacts): number {
  return heapBytes + toastBytes
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
