import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Compression } from '../../archive/index.ts'
import type { LargeObjectFacts, TableFacts } from '../../catalog/index.ts'
import { PgleapError } from '../../errors.ts'
import type { RunLog } from '../../migrate/index.ts'
import { formatBytes } from '../../units.ts'

/** What becomes of a byte of a table, by the compression; not measured, on the large side. TOAST is compressed already. */
const SHARES: Record<Compression, { heap: number; toast: number }> = {
  none: { heap: 1, toast: 1.5 },
  lz4: { heap: 0.45, toast: 0.9 },
  gzip: { heap: 0.3, toast: 0.7 },
  zstd: { heap: 0.3, toast: 0.7 },
}

/** About what the files will take: from what tables take on the source's disk, bloat included. */
export function estimateBytes(
  tables: readonly Pick<TableFacts, 'heapBytes' | 'toastBytes'>[],
  largeObjects: Pick<LargeObjectFacts, 'bytes'>,
  compression: Compression,
): number {
  const { heap, toast } = SHARES[compression]
  const sum = tables.reduce((bytes, table) => bytes + table.heapBytes * heap + table.toastBytes * toast, 0)
  return Math.ceil(sum + largeObjects.bytes * heap)
}

/**
 * Compares the estimate with what is free where the files go. An estimate may be wrong by half, so that only
 * what is certain to fail is refused; else a notice says so.
 *
 * @throws PgleapError `dump.no-space`
 */
export async function assertSpace(path: string, needed: number, log: RunLog): Promise<void> {
  const free = await freeBytes(path)
  if (free === undefined || needed <= free) return
  const message = `About ${formatBytes(needed)} are needed for ${path}, and ${formatBytes(free)} are free there.`
  if (needed <= 2 * free) {
    log.notice({ level: 'warning', code: 'dump.little-space', message })
    return
  }
  throw new PgleapError({
    code: 'dump.no-space',
    message,
    hint: 'Free space there, name another place, or choose a stronger compression; --no-space-check passes over this.',
    party: 'usage',
  })
}

/** Undefined where the system does not say. */
async function freeBytes(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(dirname(path))
    return bavail * bsize
  } catch {
    return undefined
  }
}
