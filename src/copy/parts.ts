import type { TableFacts } from '../catalog/index.ts'
import type { Part } from './spec.ts'

export interface PartLimits {
  /** Major of the source. */
  major: number
  /** How much of a table (heap and TOAST) one part should move. */
  targetPartBytes: number
  /** Never more parts than this, however large the table. */
  maxParts: number
}

/** Where to cut a table by its key; see `readKeyBoundaries`. */
export interface KeyBoundaries {
  column: string
  type: string
  /** Rising, without repetition, in the order of the key on the source. */
  values: string[]
}

/**
 * Cuts a table into parts that together hold each of its rows exactly once: block ranges where the source reads just
 * those blocks (TID range scan, PostgreSQL 14), else key ranges where boundaries are given, else the whole. TOAST counts
 * too, as if it were spread evenly over the heap. What has no rows of its own to copy has no parts.
 */
export function planParts(table: TableFacts, limits: PartLimits, boundaries?: KeyBoundaries): Part[] {
  if (table.kind !== 'table') return []
  if (table.extension !== undefined) return [{ by: 'condition', where: table.extension.configCondition }]
  const wanted = partCount(table, limits)
  if (wanted < 2) return [{ by: 'all' }]
  if (scansByBlock(table, limits.major)) return blockParts(table.blocks, wanted)
  return boundaries === undefined || boundaries.values.length === 0 ? [{ by: 'all' }] : keyParts(boundaries)
}

/** The column to ask `readKeyBoundaries` about before `planParts`, and for how many parts; undefined where none is needed. */
export function wantsKeyBoundaries(
  table: TableFacts,
  limits: PartLimits,
): { column: string; type: string; parts: number } | undefined {
  if (table.kind !== 'table' || table.extension !== undefined || scansByBlock(table, limits.major)) return undefined
  const parts = partCount(table, limits)
  const [name, ...others] = table.key ?? []
  const column = table.columns.find((candidate) => candidate.name === name)
  // Of a key of several columns the first alone may hold one value in most rows; ranges of it would be lopsided.
  if (parts < 2 || column === undefined || others.length > 0 || !KEY_TYPES.test(column.type)) return undefined
  return { column: column.name, type: column.type, parts }
}

/** Types whose every value is what its text says, and which compare the same in every session. */
const KEY_TYPES = /^(smallint|integer|bigint|uuid|date|numeric(\(.*\))?|timestamp(\(\d\))? with(out)? time zone)$/

function partCount(table: TableFacts, { targetPartBytes, maxParts }: PartLimits): number {
  const wanted = Math.ceil((table.heapBytes + table.toastBytes) / Math.max(1, targetPartBytes))
  return Math.max(1, Math.min(wanted, maxParts, table.blocks))
}

function scansByBlock(table: TableFacts, major: number): boolean {
  return major >= 14 && (table.accessMethod === undefined || table.accessMethod === 'heap')
}

function blockParts(blocks: number, count: number): Part[] {
  return Array.from({ length: count }, (_, index) => ({
    by: 'blocks' as const,
    from: Math.floor((blocks * index) / count),
    // Open at the end: the table may have grown since it was measured, and rows of the snapshot may be there.
    to: index === count - 1 ? undefined : Math.floor((blocks * (index + 1)) / count),
  }))
}

function keyParts({ column, type, values }: KeyBoundaries): Part[] {
  const ends = [undefined, ...values, undefined]
  return ends.slice(1).map((to, index) => ({ by: 'key' as const, column, type, from: ends[index], to }))
}
