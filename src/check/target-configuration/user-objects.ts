import type { Session } from '../../connection/index.ts'
import { loadSql } from '../../sql.ts'
import { formatCount } from '../../units.ts'

/** Objects of one kind in one schema that somebody has made. */
export interface UserObjects {
  /** Null for large objects. */
  schema: string | null
  kind: string
  /** The name of one of them, as SQL writes it. */
  example: string
  count: number
}

export const USER_OBJECTS = loadSql(import.meta.url, 'user-objects.sql')

/** What somebody has made in the session's database; nothing in a new one. */
export function readUserObjects(session: Session): Promise<UserObjects[]> {
  return session.query<UserObjects>(USER_OBJECTS)
}

/** `table public.orders`, `12 tables (public.orders)`. */
export function describeObjects({ kind, example, count }: UserObjects): string {
  return count === 1 ? `${kind} ${example}` : `${formatCount(count)} ${kind}s (${example})`
}
