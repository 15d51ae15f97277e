import type { Session } from '../connection/index.ts'

/** How much WAL the slot may keep on the server that is written to, before it is given up for the server's sake. */
export interface SlotBudget {
  bytes: number
  /** For people: where the number comes from. */
  from: string
}

/** Where nobody said anything: no disk that is worth replicating from is filled by as much. */
const DEFAULT_BYTES = 10 * 1024 ** 3

/**
 * The budget that was asked for, or the server's own limit, or 10 GB: SQL does not tell how much of the disk is free. At
 * its own limit (max_slot_wal_keep_size) the server gives the slot up by itself, so there is no budget above it.
 */
export async function slotBudget(active: Session, asked: number | undefined): Promise<SlotBudget> {
  const [row] = await active.query<{ bytes: number }>(
    // In MB (guc_tables.c); -1 is no limit.
    `SELECT setting::int8 * 1024 * 1024 AS bytes FROM pg_catalog.pg_settings WHERE name = 'max_slot_wal_keep_size'`,
  )
  const limit = row !== undefined && row.bytes >= 0 ? row.bytes : undefined
  if (limit !== undefined && limit < (asked ?? Number.POSITIVE_INFINITY)) {
    return { bytes: limit, from: "the server's max_slot_wal_keep_size" }
  }
  return asked === undefined ? { bytes: DEFAULT_BYTES, from: 'the default' } : { bytes: asked, from: '--slot-budget' }
}
