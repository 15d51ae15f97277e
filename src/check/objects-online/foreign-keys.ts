import { loadSql } from '../../sql.ts'
import { askOnce, check, type ProbeEnds } from '../check.ts'
import {
  identityFactsQuery,
  identityRule,
  publishedTables,
  tableName,
  type IdentityFacts,
} from '../data-shape/index.ts'

interface ForeignKeyRow {
  constraint: string
  schema: string
  name: string
  oid: number
  to_schema: string
  to_name: string
  to_oid: number
  /** Why the table that refers is not published. */
  unpublished: string | null
}

const FOREIGN_KEYS = loadSql(import.meta.url, 'foreign-keys.sql')

/** ExecuteTruncateGuts (tablecmds.c): the apply worker truncates without CASCADE, so that a table left out stops it. */
export const crossingForeignKeys = check<ForeignKeyRow>({
  id: 'O23',
  title: 'No foreign key comes from a table that is not replicated to one that is',
  severity: 'warning',
  paths: ['online'],
  source: { probe: unpublishedReferences },
  assess: ({ source }) =>
    source.map((row) => ({
      object: `foreign key ${row.constraint} on ${tableName(row)}`,
      message: `It comes from a table that is not replicated (${row.unpublished ?? ''}) to ${row.to_schema}.${row.to_name}, which is: a TRUNCATE of both on the source cannot be applied on the target, and replication stops there.`,
      fix: {
        kind: 'advice' as const,
        text: `Truncate neither while the migration runs (DELETE is fine).`,
      },
    })),
})

async function unpublishedReferences({ source, pair }: ProbeEnds): Promise<ForeignKeyRow[]> {
  const keys = await source.query<ForeignKeyRow>(FOREIGN_KEYS)
  if (keys.length === 0) return []
  const facts = await askOnce<IdentityFacts>(source, identityFactsQuery(pair.source))
  const paused = new Set(
    publishedTables(facts, pair.source)
      .filter((published) => identityRule(published, pair).kind === 'pause')
      .map(({ table }) => table.oid),
  )
  return keys
    .filter(({ to_oid: to }) => !paused.has(to))
    .map((key) => (paused.has(key.oid) ? { ...key, unpublished: 'it is copied in the write pause' } : key))
    .filter(({ unpublished }) => unpublished !== null)
}
