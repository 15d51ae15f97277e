import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'

/** "pgonline" in ASCII; the ledger has a key of its own. */
const KEY = '8099564974905060965'

/** A process that was killed a moment ago may still hold the lock: so often, and so long apart, it is asked for. */
const TRIES = 10
const TRY_EVERY_MS = 200

/**
 * Lets one process at a time start a migration into a database: a second one would take what the first has begun for the rest
 * of a crash. The lock belongs to the session and ends with it.
 *
 * @throws PgleapError `online.locked`
 */
export async function startLock(target: Session, signal: AbortSignal | undefined): Promise<void> {
  for (let left = TRIES; left > 0; left -= 1) {
    const [row] = await target.query<{ locked: boolean }>(
      'SELECT pg_catalog.pg_try_advisory_lock($1::int8) AS locked',
      [KEY],
    )
    if (row?.locked === true) return
    await sleep(TRY_EVERY_MS, undefined, { signal })
  }
  throw new PgleapError({
    code: 'online.locked',
    message: `Another pgleap works on the online migration into "${target.database}".`,
    hint: 'Wait for it, or stop it.',
    party: 'target',
  })
}
