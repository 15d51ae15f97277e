import { DatabaseError, type Session } from '../connection/index.ts'
import { loadSql, quoteIdent, quoteLiteral } from '../sql.ts'
import type { LargeObjectFailure, LargeObjectOptions } from './large-objects.ts'

const ownersSql = loadSql(import.meta.url, 'large-object-owners.sql')
const grantsSql = loadSql(import.meta.url, 'large-object-grants.sql')
const commentsSql = loadSql(import.meta.url, 'large-object-comments.sql')

/** Objects in one round trip. */
const BATCH = 1000

interface Range {
  fromOid: number
  toOid: number
  /** OIDs that are not on the target, as their content could not be read. */
  unreadable: ReadonlySet<string>
}

/** One statement, or one list of them, that stands or falls as a whole, and what is lost when it falls. */
interface Change {
  sql: string
  oids: readonly string[]
  what: LargeObjectFailure['what']
}

/**
 * Sets owners, grants, comments and security labels of the large objects of a range, in the target's open transaction.
 * What the target refuses is rolled back alone, and returned object by object.
 */
export async function copyLargeObjectProperties(
  source: Session,
  target: Session,
  range: Range,
  options: Pick<LargeObjectOptions, 'owners' | 'grants' | 'roleMap' | 'signal'>,
): Promise<LargeObjectFailure[]> {
  const mapped = (role: string): string => options.roleMap?.[role] ?? role
  const changes = [
    // Grants come after owners: changing the owner rewrites the grants that the old one made.
    ...(options.owners === 'keep' ? await ownerChanges(source, target, range, mapped) : []),
    ...(options.grants === 'keep' ? await grantChanges(source, range, mapped) : []),
    ...(await commentChanges(source, range)),
  ]
  const failures: LargeObjectFailure[] = []
  for (const change of changes) {
    options.signal?.throwIfAborted()
    failures.push(...(await apply(target, change)))
  }
  return failures
}

async function ownerChanges(
  source: Session,
  target: Session,
  range: Range,
  mapped: (role: string) => string,
): Promise<Change[]> {
  // Who makes a large object owns it: most often there is nothing to do.
  const [maker] = await target.query<{ role: string }>('SELECT current_user::text AS role')
  const rows = await source.query<{ owner: string; oids: string[] }>(ownersSql, [range.fromOid, range.toOid])
  return rows
    .filter((row) => mapped(row.owner) !== maker?.role)
    .flatMap((row) =>
      batches(row.oids, range).map((oids) => ({
        sql: oids.map((oid) => `ALTER LARGE OBJECT ${oid} OWNER TO ${quoteIdent(mapped(row.owner))}`).join(';'),
        oids,
        what: 'owner' as const,
      })),
    )
}

interface GrantRow {
  verb: 'revoke' | 'grant'
  grantor: string
  /** Null is PUBLIC. */
  grantee: string | null
  /** True where the grantor is not the owner: the grant must be made in the grantor's name. */
  delegated: boolean
  privilege: string
  grantable: boolean
  oids: string[]
}

async function grantChanges(source: Session, range: Range, mapped: (role: string) => string): Promise<Change[]> {
  const rows = await source.query<GrantRow>(grantsSql, [range.fromOid, range.toOid])
  return rows.flatMap((row) =>
    batches(row.oids, range).map((oids) => {
      const grantee = row.grantee === null ? 'PUBLIC' : quoteIdent(mapped(row.grantee))
      const objects = `${row.privilege} ON LARGE OBJECT ${oids.join(', ')}`
      const sql =
        row.verb === 'revoke'
          ? `REVOKE ${objects} FROM ${grantee}`
          : `GRANT ${objects} TO ${grantee}${row.grantable ? ' WITH GRANT OPTION' : ''}`
      return {
        sql: row.delegated ? `SET LOCAL ROLE ${quoteIdent(mapped(row.grantor))}; ${sql}; RESET ROLE` : sql,
        oids,
        what: 'grants' as const,
      }
    }),
  )
}

async function commentChanges(source: Session, range: Range): Promise<Change[]> {
  const rows = await source.query<{ oid: string; provider: string | null; text: string }>(commentsSql, [
    range.fromOid,
    range.toOid,
  ])
  const present = rows.filter((row) => !range.unreadable.has(row.oid))
  const labels = present.filter((row) => row.provider !== null)
  const comments = present.filter((row) => row.provider === null)
  return [
    ...chunks(comments).map((some) => ({
      sql: some.map(({ oid, text }) => `COMMENT ON LARGE OBJECT ${oid} IS ${quoteLiteral(text)}`).join(';'),
      oids: some.map(({ oid }) => oid),
      what: 'comment' as const,
    })),
    ...labels.map(({ oid, provider, text }) => ({
      sql: `SECURITY LABEL FOR ${quoteIdent(provider ?? '')} ON LARGE OBJECT ${oid} IS ${quoteLiteral(text)}`,
      oids: [oid],
      what: 'security label' as const,
    })),
  ]
}

/** The savepoint keeps what is done when the server refuses one change; a lost connection is for the caller. */
async function apply(target: Session, change: Change): Promise<LargeObjectFailure[]> {
  await target.script('SAVEPOINT pgleap_large_objects')
  try {
    await target.script(`${change.sql}; RELEASE SAVEPOINT pgleap_large_objects`)
    return []
  } catch (error) {
    if (target.broken || !(error instanceof DatabaseError)) throw error
    await target.script('ROLLBACK TO SAVEPOINT pgleap_large_objects; RELEASE SAVEPOINT pgleap_large_objects')
    return change.oids.map((oid) => ({ oid: Number(oid), what: change.what, reason: error.server.message }))
  }
}

function batches(oids: readonly string[], { unreadable }: Range): string[][] {
  return chunks(oids.filter((oid) => !unreadable.has(oid)))
}

function chunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_, index) =>
    items.slice(index * BATCH, (index + 1) * BATCH),
  )
}
