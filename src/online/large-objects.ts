import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { loadSql } from '../sql.ts'
import { formatBytes, formatCount, formatDuration } from '../units.ts'
import type { OnlineRecord } from './record.ts'

const LARGE_OBJECTS = loadSql(import.meta.url, 'large-objects.sql')

/** What the replacement of all large objects in the pause meets. */
export interface LargeObjectsAhead {
  count: number
  bytes: number
  /** Estimate of replacing and comparing them, in milliseconds. */
  expectedMs: number
  /** Why it would be refused, as clauses; empty where it would not. */
  refusals: string[]
}

interface Row {
  count: number
  bytes: number
  owners: string[]
  beyond: string[]
  unreadable: number
}

/** Not measured; on the slow side. Removing, making and comparing an object, and a byte of one. */
const OBJECTS_PER_MS = 4
const BYTES_PER_MS = 15_000

export function expectedMsOf({ count, bytes }: { count: number; bytes: number }): number {
  return Math.round(count / OBJECTS_PER_MS + bytes / BYTES_PER_MS)
}

/** `12,000 large objects of 31.0 MB`. */
export function describeLargeObjects({ count, bytes }: { count: number; bytes: number }): string {
  return `${formatCount(count)} large objects of ${formatBytes(bytes)}`
}

/** What it takes to bring the active side's large objects to the passive side, all of them. */
export async function largeObjectsAhead(
  active: Session,
  passive: Session,
  { owners, roleMap }: OnlineRecord['choices'],
): Promise<LargeObjectsAhead> {
  const [there] = await active.query<Row>(LARGE_OBJECTS)
  const [here] = await passive.query<Row>(LARGE_OBJECTS)
  const { count = 0, bytes = 0, unreadable = 0 } = there ?? {}
  const toBeOwners = owners === 'keep' ? (there?.owners ?? []).map((role) => mapped(role, roleMap, active)) : []
  const beyond = [...new Set([...(here?.beyond ?? []), ...(await withoutRights(passive, toBeOwners))])]
  return {
    count,
    bytes,
    expectedMs: expectedMsOf({ count: count + (here?.count ?? 0), bytes }),
    refusals: [
      ...(unreadable > 0
        ? [`${active.user} may not read ${formatCount(unreadable)} of them on the ${active.side}`]
        : []),
      ...(beyond.length > 0
        ? [`${passive.user} has not the rights of their owners on the ${passive.side} (${beyond.join(', ')})`]
        : []),
    ],
  }
}

/** The map leads from the source's names to the target's. */
function mapped(role: string, roleMap: OnlineRecord['choices']['roleMap'], active: Session): string {
  if (active.side === 'source') return roleMap[role] ?? role
  return Object.entries(roleMap).find(([, to]) => to === role)?.[0] ?? role
}

async function withoutRights(session: Session, roles: readonly string[]): Promise<string[]> {
  const rows = await session.query<{ role: string }>(
    `SELECT r.rolname::text AS role FROM pg_catalog.pg_roles r
     WHERE r.rolname = ANY ($1::text[]) AND NOT pg_catalog.pg_has_role(r.oid, 'USAGE') ORDER BY 1`,
    [roles],
  )
  return rows.map(({ role }) => role)
}

/**
 * Refuses, before anybody is held up, a pause that the large objects would break: they were written to, and so all of them are
 * replaced.
 *
 * @throws PgleapError `online.large-objects`
 */
export function assertLargeObjectsFit(ahead: LargeObjectsAhead, passive: Session, maxPauseMs: number): void {
  const { refusals, expectedMs } = ahead
  const why = [
    ...refusals,
    ...(expectedMs > maxPauseMs
      ? [`it would take about ${formatDuration(expectedMs)}, and the pause may last ${formatDuration(maxPauseMs)}`]
      : []),
  ]
  if (ahead.count === 0 || why.length === 0) return
  throw new PgleapError({
    code: 'online.large-objects',
    message: `${describeLargeObjects(ahead)} were written to and cannot be replaced in the pause: ${why.join('; ')}.`,
    hint: 'Grant what is missing, or allow a longer pause with --max-pause.',
    party: passive.side,
  })
}
