import type { Session } from '../connection/index.ts'
import type { NoticeReport } from '../report/index.ts'

/** The first major on which not everybody may create objects in schema public. */
const CLOSED = 15

/** The target is as open as the source was, which newer servers are not by themselves. */
export const PUBLIC_CREATE: NoticeReport = {
  level: 'info',
  code: 'target.public-create',
  message:
    'Everybody may create objects in schema public, as on the source; by default, PostgreSQL 15 and newer do not allow that.',
  hint: 'REVOKE CREATE ON SCHEMA public FROM PUBLIC on the target, unless somebody relies on it.',
  object: 'public',
}

/**
 * What is to be done and said about grants on schema public. pg_dump writes them as changes to what PostgreSQL 15 and
 * newer begin with, whatever server it reads (pg_dump.c, getNamespaces); older targets begin with CREATE for everybody.
 */
export async function publicSchema({
  source,
  target,
  privileges,
}: {
  source: Session
  target: Session
  privileges: 'keep' | 'skip'
}): Promise<{ before: string[]; notice?: NoticeReport }> {
  if (privileges === 'skip' || source.major >= CLOSED) return { before: [] }
  const [row] = await source.query<{ open: boolean }>(
    `select pg_catalog.has_schema_privilege('public', oid, 'CREATE') as open from pg_catalog.pg_namespace where nspname = 'public'`,
  )
  if (row === undefined) return { before: [] }
  if (target.major < CLOSED) return { before: row.open ? [] : ['REVOKE CREATE ON SCHEMA public FROM PUBLIC'] }
  if (!row.open) return { before: [] }
  return { before: [], notice: PUBLIC_CREATE }
}
