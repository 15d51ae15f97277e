import type { TableRef } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { rowsAreWanted } from '../plan/index.ts'
import { loadSql } from '../sql.ts'
import type { Chosen } from './choices.ts'

const UNREADABLE_TABLES = loadSql(import.meta.url, 'unreadable-tables.sql')

interface UnreadableRow {
  name: string
  kind: 'table' | 'sequence'
  reason: 'privilege' | 'row-security'
  names: { schema: string; name: string }[]
}

/**
 * Refuses a source of which this role would see a part only: pg_dump locks every table or none, and a policy would hide
 * rows (invariant 3). All tables are in one error, before anything is changed.
 *
 * @throws PgleapError `source.no-privilege`, `source.row-security`
 */
export async function assertReadable(
  source: Session,
  tables: readonly TableRef[],
  { filters, without }: { filters: Chosen; without: readonly string[] },
): Promise<void> {
  const oids = tables.filter(({ kind }) => kind === 'table' || kind === 'partitioned').map(({ oid }) => oid)
  const found = await source.query<UnreadableRow>(UNREADABLE_TABLES, [oids, without])
  const closed = found.filter(({ reason }) => reason === 'privilege')
  if (closed.length > 0) {
    throw new PgleapError({
      code: 'source.no-privilege',
      message: `The role "${source.user}" may not read ${listOf(closed)} of the source.`,
      hint: 'Grant it SELECT on them and USAGE on their schemas (from PostgreSQL 14 on, membership in pg_read_all_data gives both), or connect as their owner.',
      party: 'source',
    })
  }
  // Without its rows, a table is read by pg_dump alone, and its policies do not matter.
  const filtered = found.filter(({ reason, names }) => reason === 'row-security' && rowsAreWanted(names, filters))
  if (filtered.length === 0) return
  throw new PgleapError({
    code: 'source.row-security',
    message: `Row-level security hides rows of ${listOf(filtered)} of the source from the role "${source.user}".`,
    hint: 'Connect as a superuser or a role with BYPASSRLS (the owner will do where it is not FORCE ROW LEVEL SECURITY), or leave the rows behind with --exclude-data.',
    party: 'source',
  })
}

function listOf(found: readonly UnreadableRow[]): string {
  const names = found.slice(0, 10).map(({ kind, name }) => `${kind} ${name}`)
  return `${names.join(', ')}${found.length > 10 ? ` and ${String(found.length - 10)} more` : ''}`
}
