import type { Session } from '../../connection/index.ts'
import { loadSql, quoteIdent } from '../../sql.ts'

const groupsSql = loadSql(import.meta.url, 'large-object-groups.sql')
const grantsOfSql = loadSql(import.meta.url, 'large-object-grants.sql')
const labelsSql = loadSql(import.meta.url, 'large-object-labels.sql')

/** pg_dump.c, MAX_BLOBS_PER_ARCHIVE_ENTRY. */
const MOST_IN_ONE = 1000

/** Large objects of one owner and with the same grants, which an archive keeps together. */
export interface LargeObjectGroup {
  owner: string
  /** Rising. */
  oids: number[]
  /** What differs from the rights that every large object starts with; empty where nothing does. */
  grants: LargeObjectGrant[]
  /** Of those that have a comment or a security label, in the order of OIDs. */
  remarks: LargeObjectRemarks[]
}

export interface LargeObjectRemarks {
  oid: number
  comment: string | undefined
  labels: { provider: string; text: string }[]
}

export interface LargeObjectGrant {
  grantor: string
  /** Undefined is PUBLIC. */
  grantee: string | undefined
  privilege: string
  grantable: boolean
}

/** The large objects of the database as pg_dump groups them (getLOs in pg_dump.c), in its order. */
export async function readLargeObjectGroups(session: Session): Promise<LargeObjectGroup[]> {
  const rows = await session.query<{ owner: string; first: number; has_grants: boolean; oids: string[] }>(groupsSql)
  const remarks = await readRemarks(session)
  const groups: LargeObjectGroup[] = []
  for (const { owner, first, has_grants, oids } of rows) {
    const grants = has_grants ? await readGrants(session, first) : []
    for (let at = 0; at < oids.length; at += MOST_IN_ONE) {
      groups.push({ owner, oids: oids.slice(at, at + MOST_IN_ONE).map(Number), grants, remarks: [] })
    }
  }
  const groupOf = new Map(groups.flatMap((group) => group.oids.map((oid) => [oid, group] as const)))
  for (const remark of remarks) groupOf.get(remark.oid)?.remarks.push(remark)
  return groups
}

async function readRemarks(session: Session): Promise<LargeObjectRemarks[]> {
  const rows = await session.query<{ oid: number; provider: string | null; text: string }>(labelsSql)
  const remarks = new Map<number, LargeObjectRemarks>()
  for (const { oid, provider, text } of rows) {
    const remark = remarks.get(oid) ?? { oid, comment: undefined, labels: [] }
    remarks.set(oid, remark)
    if (provider === null) remark.comment = text
    else remark.labels.push({ provider, text })
  }
  return [...remarks.values()]
}

async function readGrants(session: Session, oid: number): Promise<LargeObjectGrant[]> {
  const rows = await session.query<Omit<LargeObjectGrant, 'grantee'> & { grantee: string | null }>(grantsOfSql, [oid])
  return rows.map((row) => ({ ...row, grantee: row.grantee ?? undefined }))
}

/** What gives the group's first object its rights, after it was made for its owner; in the form that pg_restore repeats for others. */
export function grantsSql({ owner, oids, grants }: LargeObjectGroup): string {
  if (grants.length === 0) return ''
  const object = `LARGE OBJECT ${String(oids[0])}`
  const statements = [`REVOKE ALL ON ${object} FROM ${quoteIdent(owner)};`]
  for (const { grantor, grantee, privilege, grantable } of grants) {
    const to = grantee === undefined ? 'PUBLIC' : quoteIdent(grantee)
    const grant = `GRANT ${privilege} ON ${object} TO ${to}${grantable ? ' WITH GRANT OPTION' : ''};`
    statements.push(
      ...(grantor === owner
        ? [grant]
        : [`SET SESSION AUTHORIZATION ${quoteIdent(grantor)};`, grant, 'RESET SESSION AUTHORIZATION;']),
    )
  }
  return statements.map((statement) => `${statement}\n`).join('')
}
