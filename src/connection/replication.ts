import { PgleapError } from '../errors.ts'
import { quoteIdent } from '../sql.ts'
import { connectWalSender } from './connect.ts'
import type { ConnectOptions } from './connect.ts'
import { databaseError } from './errors.ts'
import type { ConnectionInfo } from './info.ts'

/** A new logical slot and the snapshot of exactly its first position; closing gives the snapshot's name up, not the slot. */
export interface ExportedSlot extends AsyncDisposable {
  /** For SET TRANSACTION SNAPSHOT, until this is closed; who has imported it by then keeps it. */
  readonly snapshot: string
  /** Changes that commit after this WAL position are in the slot; those before are in the snapshot. */
  readonly consistentPoint: string
}

/**
 * Makes a logical slot for pgoutput and exports the snapshot that belongs to it, which SQL cannot do (PostgreSQL docs,
 * "Streaming Replication Protocol", CREATE_REPLICATION_SLOT). Waits for every transaction that is open on the server
 * (snapbuild.c); an abort of the signal ends the wait, and the server drops the slot that it had begun.
 *
 * @throws PgleapError of the party `side`: no right to replication, wal_level too low, no slot free
 */
export async function createExportedSlot(
  info: ConnectionInfo,
  slot: string,
  options: Omit<ConnectOptions, 'settings'>,
): Promise<ExportedSlot> {
  const client = await connectWalSender(info, options)
  const stop = () => void client.end().catch(() => {})
  options.signal?.addEventListener('abort', stop, { once: true })
  try {
    await client.query("SET statement_timeout = 0; SET lock_timeout = 0; SET search_path = ''")
    const { rows } = await client.query<{ snapshot_name: string; consistent_point: string }>(
      `CREATE_REPLICATION_SLOT ${quoteIdent(slot)} LOGICAL pgoutput EXPORT_SNAPSHOT`,
    )
    const [row] = rows
    if (row === undefined) throw noAnswer()
    return {
      snapshot: row.snapshot_name,
      consistentPoint: row.consistent_point,
      [Symbol.asyncDispose]: () => client.end(),
    }
  } catch (error) {
    await client.end().catch(() => {})
    if (options.signal?.aborted === true) throw options.signal.reason
    throw error instanceof PgleapError ? error : databaseError(error, options.side)
  } finally {
    options.signal?.removeEventListener('abort', stop)
  }
}

function noAnswer(): PgleapError {
  return new PgleapError({
    code: 'internal.no-row',
    message: 'The server gave no row for CREATE_REPLICATION_SLOT.',
    party: 'internal',
  })
}
