import type { Session } from '../connection/index.ts'
import { statement } from './statements.ts'

const countersSql = statement('write-counters')
const identitySql = statement('identity', [12])

/** How much has been written to a database up to a moment. */
export interface WriteCounters {
  /** pg_current_snapshot() as text: equal at two moments means that nothing at all was written between them. */
  snapshot: string
  /** `file` changes with TRUNCATE, which counts no rows, and with whatever else rewrites the table. */
  tables: { oid: number; schema: string; name: string; writes: number; file?: number }[]
}

/**
 * Reads how many rows were written to each table so far. Outside of the run's snapshot: inside a transaction the server
 * may show the counters as they were at its start. They lag behind by up to a second (half a second before 15), and a write
 * that was rolled back counts too.
 */
export async function readWriteCounters(session: Session): Promise<WriteCounters> {
  const [now] = await session.query<{ snapshot: string }>(identitySql(session.major))
  return { snapshot: now?.snapshot ?? '', tables: await session.query(countersSql(session.major)) }
}

export type WritesSince =
  /** Nothing was written, in any table. */
  | { found: 'none' }
  /** These tables were written to, or at least a write to them was tried. */
  | { found: 'tables'; tables: { schema: string; name: string; rows: number }[] }
  /** Something took a transaction id, somewhere on the server, but no table's counter has moved. */
  | { found: 'unknown' }

/** What was written between two readings, as far as the counters tell. */
export function writesBetween(before: WriteCounters, after: WriteCounters): WritesSince {
  if (before.snapshot === after.snapshot) return { found: 'none' }
  const countOf = new Map(before.tables.map((table) => [table.oid, table.writes]))
  const tables = after.tables.flatMap(({ oid, schema, name, writes }) => {
    // Counters start again from 0 when statistics are reset: then whatever they show was written since.
    const earlier = countOf.get(oid) ?? 0
    const rows = writes >= earlier ? writes - earlier : writes
    return rows > 0 ? [{ schema, name, rows }] : []
  })
  return tables.length > 0 ? { found: 'tables', tables } : { found: 'unknown' }
}
