import type { Session } from '../connection/index.ts'
import type { Leftover } from '../report/index.ts'
import { loadSql } from '../sql.ts'

const LEFTOVERS = loadSql(import.meta.url, 'leftovers.sql')

/**
 * Everything in this database, and on its server, that an online migration has made and not removed: subscriptions, slots,
 * publications, replication origins without a subscription, our schemas, and the setting that closes the database. Empty
 * proves that nothing is left (invariant 5). What a migration changed in place (replica identities) only its record knows.
 */
export async function leftovers(session: Session): Promise<Leftover[]> {
  const found = await session.query<Omit<Leftover, 'side'>>(LEFTOVERS)
  return found.map((one) => ({ side: session.side, ...one }))
}
