import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseError, SQLSTATE, type Session } from '../connection/index.ts'
import type { CommonOptions } from '../migrate/index.ts'

/** ALTER TABLE takes ACCESS EXCLUSIVE: while it waits for somebody, everybody else waits behind it. So it never waits for long. */
const LOCK_TIMEOUT_MS = 300
const BETWEEN_TRIES_MS = 500
/** From here on the user is told. */
const TELL_AFTER_TRIES = 10

/** Makes changes of replica identities, each as soon as its table can be locked without holding the application up. */
export async function changeIdentities(
  source: Session,
  changes: readonly { what: string; sql: string }[],
  { onEvent, signal }: CommonOptions,
): Promise<void> {
  for (const { what, sql } of changes) {
    for (let tries = 1; !(await tryChange(source, sql)); tries += 1) {
      if (tries === TELL_AFTER_TRIES) {
        onEvent?.({
          type: 'notice',
          at: Date.now(),
          level: 'warning',
          code: 'online.lock-waits',
          message: `The ${what} cannot be changed yet: its table is in use all the time. It is tried again.`,
          hint: 'Long transactions that use the table are in the way.',
        })
      }
      await sleep(BETWEEN_TRIES_MS, undefined, { signal })
    }
  }
}

async function tryChange(source: Session, sql: string): Promise<boolean> {
  try {
    await source.script(`BEGIN; SET LOCAL lock_timeout = ${String(LOCK_TIMEOUT_MS)}; ${sql} COMMIT`)
    return true
  } catch (error) {
    if (!source.broken) await source.script('ROLLBACK')
    const busy: readonly string[] = [SQLSTATE.lockNotAvailable, SQLSTATE.deadlock]
    if (error instanceof DatabaseError && busy.includes(error.server.sqlstate)) return false
    throw error
  }
}
