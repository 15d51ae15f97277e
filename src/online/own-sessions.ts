import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../connection/index.ts'

const POLL_MS = 20

const OURS = `FROM pg_catalog.pg_stat_activity
  WHERE datname = pg_catalog.current_database() AND backend_type = 'client backend'
    AND application_name IN ('pgleap: switch', 'pgleap: freeze', 'pgleap: thaw') AND pid <> pg_catalog.pg_backend_pid()`

/**
 * Ends what an earlier switch has left on this database, and waits until it is gone: its locks, and a statement whose answer
 * nobody waits for any more. For who holds the lock of the migration.
 */
export async function endOurOwn(session: Session): Promise<void> {
  for (;;) {
    const left = await session.query(`SELECT pg_catalog.pg_terminate_backend(pid) ${OURS}`)
    if (left.length === 0) return
    await sleep(POLL_MS)
  }
}

/** Ends the server's process of a session of ours that may be lost, with its locks, and waits until it is gone. */
export async function endBackend(session: Session, { pid }: Session): Promise<void> {
  const end = `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
    WHERE pid = $1 AND datname = pg_catalog.current_database() AND application_name LIKE 'pgleap: %'`
  while ((await session.query(end, [pid])).length > 0) await sleep(POLL_MS)
}
