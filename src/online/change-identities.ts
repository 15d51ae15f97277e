import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseError, SQLSTATE, type Session } from '../connection/index.ts'
import type { CommonOptions } from '../migrate/index.ts'
import type { Change } from './record.ts'

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

/**
 * Takes a change back, and says in words what came of it. Where another migration still streams the table it stays: without
 * that identity the application's own UPDATE and DELETE would fail.
 */
export async function setBack(session: Session, { what, undo, table }: Change): Promise<string> {
  const users = table === undefined ? [] : await publicationsOf(session, table)
  if (users.length > 0) return `${what} stays, as ${users.join(', ')} needs it; after that: ${undo}`
  try {
    await session.script(undo)
    return `${what}, set back`
  } catch (error) {
    if (!isGone(error)) throw error
    return `${what}: it is not there any more`
  }
}

/** Publications of other online migrations: those of this one are dropped before. */
async function publicationsOf(session: Session, { schema, name }: { schema: string; name: string }): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `SELECT pubname::text AS name FROM pg_catalog.pg_publication_tables
     WHERE schemaname = $1 AND tablename = $2 AND pubname ~ '^pgleap_[0-9a-f]{8}(_back)?$' ORDER BY 1`,
    [schema, name],
  )
  return rows.map((row) => row.name)
}

/** What it was made on may have been dropped since. */
function isGone(error: unknown): boolean {
  const gone: readonly string[] = [SQLSTATE.undefinedTable, SQLSTATE.undefinedObject, SQLSTATE.undefinedSchema]
  return error instanceof DatabaseError && gone.includes(error.server.sqlstate)
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
