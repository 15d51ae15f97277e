import type { Session } from '../connection/index.ts'
import { loadSql } from '../sql.ts'

const propertiesSql = loadSql(import.meta.url, 'large-object-properties.sql')

/** What is said of a large object beside its content. */
export interface LargeObjectProperties {
  oid: number
  owner: string
  comment: string | null
  /** Grantee (null is PUBLIC), privilege, and whether it may be passed on; null where nobody has any. */
  grants: [string | null, string, boolean][] | null
  /** Provider and label, by provider. */
  labels: [string, string][] | null
}

/** Of those that there are, by OID. One round trip: some hundred at a time. */
export async function readLargeObjectProperties(
  session: Session,
  oids: readonly (number | string)[],
): Promise<Map<number, LargeObjectProperties>> {
  const rows = await session.query<LargeObjectProperties>(propertiesSql, [oids])
  return new Map(rows.map((row) => [row.oid, row]))
}
