import type { TableFacts } from '../catalog/index.ts'
import type { Readers } from './readers.ts'
import { rowsOf, whereClause } from './tables.ts'

/** What a table comes to: the sums over all parts are the same whatever the order and place of its rows. */
export interface Totals {
  rows: bigint
  /** Sum of the rows' 64-bit hashes; 0 where only rows were counted. */
  hash: bigint
}

/** Rows are read in pieces of about this size, so that all readers have work until the end. */
const PIECE_BYTES = 128 * 1024 * 1024

/** TID Range Scans came with this major; before it, reading a range of blocks would read the whole table. */
const TID_RANGES = 14

/** Conditions that cut a table into pieces by its own blocks; the other side's blocks need not agree. */
function pieces(facts: TableFacts, major: number): string[][] {
  const { where } = rowsOf(facts)
  const count = Math.min(facts.blocks, Math.ceil((facts.heapBytes + facts.toastBytes) / PIECE_BYTES))
  if (major < TID_RANGES || count <= 1) return [where]
  const step = Math.ceil(facts.blocks / count)
  return Array.from({ length: Math.ceil(facts.blocks / step) }, (_, piece) => {
    const from = `ctid >= '(${String(piece * step)},0)'::pg_catalog.tid`
    const to = `ctid < '(${String((piece + 1) * step)},0)'::pg_catalog.tid`
    const isLast = (piece + 1) * step >= facts.blocks
    return isLast ? [...where, from] : [...where, from, to]
  })
}

/** Reads a table, piece by piece, on as many readers as are free. `hash` undefined only counts. */
export async function readTotals(
  readers: Readers,
  facts: TableFacts,
  { major, hash }: { major: number; hash: string | undefined },
): Promise<Totals> {
  const { from } = rowsOf(facts)
  const sum = hash === undefined ? '0' : `COALESCE(pg_catalog.sum(${hash}), 0)`
  const parts = pieces(facts, major).map((where) =>
    readers.run((session) =>
      session.query<{ rows: string; hash: string }>(
        `SELECT pg_catalog.count(*)::pg_catalog.text AS rows, (${sum})::pg_catalog.text AS hash FROM ${from}${whereClause(where)}`,
      ),
    ),
  )
  const totals: Totals = { rows: 0n, hash: 0n }
  const settled = await Promise.allSettled(parts)
  for (const part of settled) {
    if (part.status === 'rejected') throw part.reason
    for (const row of part.value) {
      totals.rows += BigInt(row.rows)
      totals.hash += BigInt(row.hash)
    }
  }
  return totals
}
