import { redact, serverConninfo } from '../../connection/index.ts'
import type { ConnectionInfo, Session } from '../../connection/index.ts'
import { loadSql } from '../../sql.ts'

const REACH_SOURCE = loadSql(import.meta.url, 'reach-source.sql')

/** Of the errors that CREATE SUBSCRIPTION gives where libpq got no connection (subscriptioncmds.c). */
const CONNECTION_CLASS = '08'

/** Why a server has no connection to the other, or why that could not be tried. */
export interface Refusal {
  kind: 'no connection' | 'not tried'
  /** What the server says, without secrets. */
  says: string
}

/**
 * Has a server open a connection to another as a subscription would, in a transaction that is rolled back. Undefined where it
 * does. The session must be outside of a transaction, and may be a read-only one.
 */
export async function tryToReach(from: Session, to: ConnectionInfo): Promise<Refusal | undefined> {
  const conninfo = `${serverConninfo(to).reveal()} connect_timeout='5'`
  await from.script('BEGIN READ WRITE')
  try {
    await from.query("SELECT pg_catalog.set_config('pgleap.source', $1, true)", [conninfo])
    await from.script(REACH_SOURCE)
    const [answer] = await from.query<{ sqlstate: string | null; says: string | null }>(
      "SELECT pg_catalog.current_setting('pgleap.sqlstate', true) AS sqlstate, pg_catalog.current_setting('pgleap.says', true) AS says",
    )
    const { sqlstate, says } = answer ?? {}
    if (sqlstate === undefined || sqlstate === null || sqlstate === '') return undefined
    return {
      kind: sqlstate.startsWith(CONNECTION_CLASS) ? 'no connection' : 'not tried',
      says: redact(says ?? '', to),
    }
  } finally {
    if (!from.broken) await from.script('ROLLBACK')
  }
}
