import { setTimeout as sleep } from 'node:timers/promises'
import { connectionLost, type Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'

const POLL_MS = 10

/** Where the server's WAL ends now: what a snapshot that was taken before shows lies before it. */
export async function positionNow(session: Session): Promise<string> {
  const [row] = await session.query<{ position: string }>(
    'SELECT pg_catalog.pg_current_wal_insert_lsn()::text AS position',
  )
  return row?.position ?? ''
}

/** The WAL position that the passive side must have applied; to be taken when nobody writes any more (D7). */
export async function takeFence(active: Session): Promise<string> {
  const fence = await positionNow(active)
  // An idle server has nothing more to send: a message moves the stream past the fence at once.
  await active.query("SELECT pg_catalog.pg_logical_emit_message(true, 'pgleap', 'fence')")
  return fence
}

/**
 * Waits until the passive side has applied and flushed everything up to the fence: the slot's confirmed_flush_lsn says so, which
 * is what the subscriber has reported as durable (D7), never what was sent or received.
 *
 * @throws PgleapError `online.slot-lost` where the slot is gone, `connection.lost` where `passive`, a session on the side that
 * follows, is; the signal's reason when it fires
 */
export async function drain(
  active: Session,
  slot: string,
  fence: string,
  signal: AbortSignal,
  passive?: Session,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    // A follower that is gone would be waited for until the deadline.
    if (passive?.broken === true) throw connectionLost(passive.side, undefined)
    const [row] = await active.query<{ drained: boolean | null }>(
      `SELECT confirmed_flush_lsn >= $2::pg_lsn AS drained FROM pg_catalog.pg_replication_slots
       WHERE slot_name = $1`,
      [slot, fence],
    )
    if (row === undefined) throw slotLost(slot)
    if (row.drained === true) return
    await sleep(POLL_MS, undefined, { signal })
  }
}

function slotLost(slot: string): PgleapError {
  return new PgleapError({
    code: 'online.slot-lost',
    message: `The replication slot ${slot} is gone, and with it the changes that had not been applied.`,
    hint: 'The side that is written to is complete. Begin again: `pgleap online abort`, then `start`.',
    party: 'source',
  })
}
