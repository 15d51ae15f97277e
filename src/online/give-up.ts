import { DatabaseError, SQLSTATE, type Session } from '../connection/index.ts'
import type { StreamNames } from './names.ts'
import { disableSubscription } from './stream.ts'

/**
 * Gives the slot up, so that the server that is written to can remove its WAL: the stream is over for good, and the record
 * says why. The side that is written to is complete and goes on. Where the other side, and the record, cannot be reached, the
 * slot goes all the same; the subscription then finds nothing to connect to.
 */
export async function giveSlotUp(
  active: Session,
  {
    passive,
    keeper,
    names,
    why,
  }: { passive: Session | undefined; keeper: Session | undefined; names: StreamNames; why: string },
): Promise<void> {
  if (passive !== undefined) await disableSubscription(passive, names)
  await dropSlot(active, names.slot)
  await keeper?.query(
    `UPDATE pgleap_online.migration
     SET record = record || pg_catalog.jsonb_build_object('lost', $1::text)`,
    [why],
  )
}

/** A walsender that still holds the slot is ended first, as often as the other side comes back. */
async function dropSlot(active: Session, slot: string): Promise<void> {
  for (;;) {
    try {
      await active.query(
        `SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM pg_catalog.pg_replication_slots WHERE slot_name = $1`,
        [slot],
      )
      return
    } catch (error) {
      if (!(error instanceof DatabaseError && error.server.sqlstate === SQLSTATE.objectInUse)) throw error
      await active.query(
        `SELECT pg_catalog.pg_terminate_backend(active_pid), pg_catalog.pg_sleep(0.02)
         FROM pg_catalog.pg_replication_slots WHERE slot_name = $1 AND active`,
        [slot],
      )
    }
  }
}
