import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { loadSql } from '../sql.ts'
import type { TableRule } from './table-rules.ts'

const COPY_FIRES = loadSql(import.meta.url, 'copy-fires.sql')

/** Something that would happen beside the copy of a table. */
export interface Fired {
  table: string
  /** `trigger audit`. */
  what: string
}

/**
 * Whether our role may turn triggers and foreign keys off for a session, as the stream's worker does: before 15 superusers
 * alone, from 15 on whoever was granted SET ON PARAMETER session_replication_role.
 */
export async function mayCopyQuietly(session: Session): Promise<boolean> {
  const [row] = await session.query<{ may: boolean }>(
    session.major >= 15
      ? "SELECT pg_catalog.has_parameter_privilege('session_replication_role', 'SET') AS may"
      : 'SELECT rolsuper AS may FROM pg_catalog.pg_roles WHERE rolname = current_user',
  )
  return row?.may === true
}

/** What the copy in the pause would set off, by the catalogs of this session's side. */
export async function firedByCopy(session: Session, rules: readonly TableRule[]): Promise<Fired[]> {
  const paused = rules.filter(({ rule }) => rule === 'paused')
  return session.query<Fired>(COPY_FIRES, [paused.map(({ schema }) => schema), paused.map(({ name }) => name)])
}

/** `public.note (trigger audit, foreign key note_ref of reply)`. */
export function describeFired(fired: readonly Fired[]): string {
  const tables = [...new Set(fired.map(({ table }) => table))]
  const of = (table: string) => fired.filter((one) => one.table === table).map(({ what }) => what)
  return tables.map((table) => `${table} (${of(table).join(', ')})`).join('; ')
}

/**
 * Refuses a switch whose copies would write to other tables a second time, or be refused by them.
 *
 * @throws PgleapError `online.copy-fires`
 */
export async function assertQuietCopy(passive: Session, rules: readonly TableRule[]): Promise<void> {
  if (await mayCopyQuietly(passive)) return
  const fired = await firedByCopy(passive, rules)
  if (fired.length === 0) return
  throw new PgleapError({
    code: 'online.copy-fires',
    message: `Tables that are copied in the pause would set off what hangs on them on the ${passive.side}, since ${passive.user} may not turn that off: ${describeFired(fired)}.`,
    hint: quietHint(passive),
    party: passive.side,
  })
}

export function quietHint({ major, user }: Pick<Session, 'major' | 'user'>): string {
  const orKey = 'or give the tables a primary key and begin anew, so that they are streamed'
  return major >= 15
    ? `GRANT SET ON PARAMETER session_replication_role TO "${user}", ${orKey}.`
    : `Before PostgreSQL 15 that takes a superuser: use one, ${orKey}.`
}
