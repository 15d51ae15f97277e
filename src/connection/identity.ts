import { PgleapError } from '../errors.ts'
import { loadSql } from '../sql.ts'
import type { Session, Side } from './session.ts'

const IDENTITY = loadSql(import.meta.url, 'identity.sql')
const SYSTEM_IDENTIFIER = loadSql(import.meta.url, 'system-identifier.sql')

/** Snapshots that several sessions share without a slot, and ACCESS SHARE locks on a standby, are there from 10 on. */
const OLDEST_SOURCE = 10

export interface ServerIdentity {
  readonly side: Side
  readonly major: number
  readonly database: string
  readonly databaseOid: number
  /** Undefined where the user may not read it. */
  readonly systemIdentifier: string | undefined
  /** When this server process was started, to the microsecond: no two servers have the same. */
  readonly startedAt: string
  /** A standby: it cannot be written to. */
  readonly recovering: boolean
  /** default_transaction_read_only is on for this user and database. */
  readonly readOnly: boolean
}

/** Asks who a session's server is. */
export async function identifyServer(session: Session): Promise<ServerIdentity> {
  const [row] = await session.query<{
    database_oid: number
    database: string
    started_at: string
    recovering: boolean
    read_only: boolean
    may_read_system: boolean
  }>(IDENTITY)
  if (row === undefined) {
    throw new PgleapError({
      code: 'internal.no-row',
      message: 'The server does not know its own database.',
      party: 'internal',
    })
  }
  // Asked apart: a function that may not be called is an error even in a branch that is not taken.
  const [system] = row.may_read_system ? await session.query<{ system_identifier: string }>(SYSTEM_IDENTIFIER) : []
  return {
    side: session.side,
    major: session.major,
    database: row.database,
    databaseOid: row.database_oid,
    systemIdentifier: system?.system_identifier,
    startedAt: row.started_at,
    recovering: row.recovering,
    readOnly: row.read_only,
  }
}

/**
 * Refuses pairs between which nothing can be migrated: a source before 10, a target older than the source, a target
 * that is a standby or read only, and a target that is the source. (Poolers are refused by `connect` already.) A source
 * may be a standby: from 10 on those export snapshots (snapmgr.c, ExportSnapshot; pg_dump -j does the same),
 * though a recovery conflict may end the run there; hot_standby_feedback prevents that.
 */
export async function assertUsablePair(
  source: Session,
  target: Session,
): Promise<{ source: ServerIdentity; target: ServerIdentity }> {
  const pair = { source: await identifyServer(source), target: await identifyServer(target) }
  const refusal = refuse(pair.source, pair.target)
  if (refusal !== undefined) throw refusal
  return pair
}

/** Why the pair cannot be used; undefined where it can. */
export function refuse(source: ServerIdentity, target: ServerIdentity): PgleapError | undefined {
  if (source.major < OLDEST_SOURCE) {
    return new PgleapError({
      code: 'source.too-old',
      message: `The source is PostgreSQL ${nameOf(source.major)}; pgleap reads ${String(OLDEST_SOURCE)} and newer.`,
      hint: 'Bring it to 10 first, for example with pg_dump and psql of that version.',
      party: 'source',
    })
  }
  if (isSameDatabase(source, target)) {
    return new PgleapError({
      code: 'target.is-source',
      message: `Source and target are the same database (${JSON.stringify(source.database)} of the same server).`,
      hint: 'Check the two connection strings.',
      party: 'usage',
    })
  }
  if (target.major < source.major) {
    return new PgleapError({
      code: 'target.older',
      message: `The target is PostgreSQL ${nameOf(target.major)}, older than the source (${nameOf(source.major)}).`,
      hint: 'Choose a target of the same or a newer major version; perhaps the two are exchanged.',
      party: 'target',
    })
  }
  return refuseUnwritable(target)
}

/**
 * Refuses a target that cannot be written to, where there is no source to be compared with.
 * @throws PgleapError `target.standby`, `target.read-only`
 */
export async function assertWritable(target: Session): Promise<void> {
  const refusal = refuseUnwritable(await identifyServer(target))
  if (refusal !== undefined) throw refusal
}

function refuseUnwritable(target: ServerIdentity): PgleapError | undefined {
  if (target.recovering) {
    return new PgleapError({
      code: 'target.standby',
      message: 'The target is a standby (in recovery), which cannot be written to.',
      hint: 'Connect to the primary, for example with target_session_attrs=primary and all hosts.',
      party: 'target',
    })
  }
  if (target.readOnly) {
    return new PgleapError({
      code: 'target.read-only',
      message: 'The target is read only: default_transaction_read_only is on.',
      hint: 'Turn it off on the server, the database or the user; some providers turn it on when the disk is full.',
      party: 'target',
    })
  }
  return undefined
}

/**
 * The same database: of one server process, or of a cluster and its own standby. Two clusters that began as physical
 * copies and both take writes have the same system identifier, too, and are two.
 */
export function isSameDatabase(source: ServerIdentity, target: ServerIdentity): boolean {
  if (source.databaseOid !== target.databaseOid || source.database !== target.database) return false
  const known = source.systemIdentifier !== undefined && target.systemIdentifier !== undefined
  if (known && source.systemIdentifier !== target.systemIdentifier) return false
  if (source.startedAt === target.startedAt) return true
  return known && source.recovering !== target.recovering
}

/** 9.x counted majors by two numbers: 9 is all that we know of those. */
function nameOf(major: number): string {
  return major < 10 ? '9.x' : String(major)
}
