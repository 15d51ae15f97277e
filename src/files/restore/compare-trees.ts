import { isDeepStrictEqual } from 'node:util'
import type { TableSum, TableVerdict } from '../../verify/index.ts'

/** A partition whose rows were loaded through the root of its tree: what the archive says of it, and what the target holds. */
export interface LoadedPartition {
  wanted: TableSum | undefined
  found: TableSum | undefined
}

/**
 * The verdict on one of the partitions. Rows that were loaded through the root may have come to lie in another partition
 * (by the hash of an enum, for one), which is no difference where all partitions together hold the same: rows add up, and
 * so do their hashes, as long as these are over the same columns.
 */
export function withinTree(own: TableVerdict, tree: readonly LoadedPartition[]): TableVerdict {
  if (own.verdict !== 'DIFFERENT') return own
  const before = tree.flatMap(({ wanted }) => wanted ?? [])
  const now = tree.flatMap(({ found }) => found ?? [])
  const isReadable = now.every(({ unreadable }) => unreadable === undefined)
  if (before.length < tree.length || now.length < tree.length || !isReadable) return own
  if (rowsIn(before) !== rowsIn(now)) return own
  const { detail: _detail, ...same } = own
  if (now.every(({ hash }) => hash === undefined)) return { ...same, verdict: 'SAME' }
  if (before.some(({ columns }) => !isDeepStrictEqual(columns, before[0]?.columns))) {
    const detail =
      'rows lie in other partitions than before, whose columns have another order, so that they cannot be compared'
    return { ...own, verdict: 'UNKNOWN', detail }
  }
  return hashOf(before) === hashOf(now) ? { ...same, verdict: 'SAME' } : own
}

function rowsIn(tables: readonly TableSum[]): number {
  return tables.reduce((sum, { rows }) => sum + rows, 0)
}

function hashOf(tables: readonly TableSum[]): bigint {
  return tables.reduce((sum, { hash }) => sum + BigInt(hash ?? 0), 0n)
}
