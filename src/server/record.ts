import { connect, DatabaseError, SQLSTATE, type ConnectionInfo, type Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { userObjects } from '../migrate/index.ts'
import type {
  DatabaseError as ReportedError,
  DatabaseState,
  LeftOutDatabase,
  RolesReport,
  RunReport,
} from '../report/index.ts'
import { loadSql, quoteIdent } from '../sql.ts'
import type { ServerChoices } from './choices.ts'

/** The database on the target that holds the record while a run is not finished. */
export const RECORD_DATABASE = 'pgleap_server_run'

const RECORD_SQL = loadSql(import.meta.url, 'record.sql')
const FORMAT = 1
/** How the schema is known as ours: the start of the comment that record.sql gives it. */
const MARK = 'The record of a pgleap run of a whole server'

/** A server, or the folder that one was dumped into. `describe` is for people; no secrets. */
export type RecordedSource =
  | { describe: string; connection: string }
  /** `contents`: SHA-256 of what the folder says of itself. */
  | { describe: string; folder: string; contents: string }

export interface NewServerRun {
  source: RecordedSource
  choices: ServerChoices
  leftOut: LeftOutDatabase[]
  databases: NewDatabase[]
}

export interface NewDatabase {
  name: string
  bytes: number | null
  created: boolean
  tablespace: string | null
  tablespaceMap: Readonly<Record<string, string>>
}

export interface RecordedDatabase extends NewDatabase {
  state: DatabaseState
  report: RunReport | undefined
  error: ReportedError | undefined
}

export interface RecordedRun extends Omit<NewServerRun, 'databases'> {
  startedAt: Date
  roles: RolesReport | undefined
  /** The largest first. */
  databases: RecordedDatabase[]
}

/** Opens a session in the record's database; undefined where there is none. The session's commits are durable. */
export async function openRecord(
  target: ConnectionInfo,
  purpose: string,
  signal: AbortSignal | undefined,
): Promise<Session | undefined> {
  try {
    return await connect(target.withDatabase(RECORD_DATABASE), { side: 'target', purpose, signal })
  } catch (error) {
    if (error instanceof PgleapError && error.code === 'connect.no-database') return undefined
    throw error
  }
}

/** The run that the target has the record of, where there is one. */
export async function unfinishedRun(
  target: ConnectionInfo,
  signal: AbortSignal | undefined,
): Promise<RecordedRun | undefined> {
  await using session = await openRecord(target, 'record', signal)
  return session === undefined ? undefined : await readRecord(session)
}

/** Makes the record's database, where it is not there yet. `session` is one on any other database of the target. */
export async function makeRecordDatabase(session: Session): Promise<void> {
  try {
    // UTF8 and C go together with every locale that a server may have been made with.
    await session.script(
      `CREATE DATABASE ${quoteIdent(RECORD_DATABASE)} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`,
    )
  } catch (error) {
    const sqlstate = error instanceof DatabaseError ? error.server.sqlstate : undefined
    if (sqlstate === SQLSTATE.duplicateDatabase) return
    if (sqlstate !== SQLSTATE.noPrivilege) throw error
    throw new PgleapError({
      code: 'target.no-createdb',
      message: `The target's role "${session.user}" may not create databases.`,
      hint: `ALTER ROLE ${quoteIdent(session.user)} CREATEDB, or connect as a role that may.`,
      party: 'target',
      cause: error,
    })
  }
}

/** Drops the record with its database. To be called when a run is finished, or was refused before it began. */
export async function dropRecord(session: Session): Promise<void> {
  await session.script(`DROP DATABASE IF EXISTS ${quoteIdent(RECORD_DATABASE)}`)
}

/** Writes the record of a run that begins, in one transaction. */
export async function writeRecord(session: Session, run: NewServerRun): Promise<void> {
  await session.script('BEGIN')
  try {
    await session.script(RECORD_SQL)
    await session.query('INSERT INTO pgleap.server_run (format, source, options, left_out) VALUES ($1, $2, $3, $4)', [
      FORMAT,
      JSON.stringify(run.source),
      JSON.stringify(run.choices),
      JSON.stringify(run.leftOut),
    ])
    await session.query(
      `INSERT INTO pgleap.database (name, bytes, created, tablespace, tablespace_map, state)
       SELECT name, bytes, created, tablespace, "tablespaceMap", 'waiting'
       FROM pg_catalog.jsonb_to_recordset($1::jsonb) AS database (name text, bytes bigint, created boolean, tablespace text,
         "tablespaceMap" jsonb)`,
      [JSON.stringify(run.databases)],
    )
    await session.script('COMMIT')
  } catch (error) {
    if (!session.broken) await session.script('ROLLBACK')
    throw error
  }
}

/**
 * Reads the record; undefined where the database holds none yet, as its making was interrupted.
 * @throws PgleapError `server.foreign-database`, `server.record-format`
 */
export async function readRecord(session: Session): Promise<RecordedRun | undefined> {
  const [schema] = await session.query<{ comment: string | null }>(
    `SELECT pg_catalog.obj_description(oid, 'pg_namespace') AS comment FROM pg_catalog.pg_namespace WHERE nspname = 'pgleap'`,
  )
  if (schema === undefined && (await userObjects(session)).length === 0) return undefined
  if (schema?.comment?.startsWith(MARK) !== true) throw foreign()
  const [run] = await session.query<{
    format: number
    started_at: string
    source: NewServerRun['source']
    options: ServerChoices
    left_out: LeftOutDatabase[]
    roles: RolesReport | null
  }>('SELECT format, started_at::text, source, options, left_out, roles FROM pgleap.server_run')
  if (run?.format !== FORMAT) throw otherFormat(run?.format)
  const databases = await session.query<
    Omit<RecordedDatabase, 'report' | 'error'> & { report: RunReport | null; error: ReportedError | null }
  >(
    `SELECT name, bytes, created, tablespace, tablespace_map AS "tablespaceMap", state, report, error
     FROM pgleap.database ORDER BY bytes DESC NULLS FIRST, name`,
  )
  return {
    startedAt: new Date(run.started_at),
    source: run.source,
    choices: run.options,
    leftOut: run.left_out,
    roles: run.roles ?? undefined,
    databases: databases.map((row) => ({ ...row, report: row.report ?? undefined, error: row.error ?? undefined })),
  }
}

export async function recordRoles(session: Session, roles: RolesReport): Promise<void> {
  await session.query('UPDATE pgleap.server_run SET roles = $1', [JSON.stringify(roles)])
}

export interface Outcome {
  state: DatabaseState
  report?: RunReport
  error?: ReportedError
}

/** Notes how far a database is; what was noted before is replaced. */
export async function recordDatabase(session: Session, name: string, { state, report, error }: Outcome): Promise<void> {
  await session.query('UPDATE pgleap.database SET state = $2, report = $3, error = $4 WHERE name = $1', [
    name,
    state,
    report === undefined ? null : JSON.stringify(report),
    error === undefined ? null : JSON.stringify(error),
  ])
}

function foreign(): PgleapError {
  return new PgleapError({
    code: 'server.foreign-database',
    message: `The target has a database "${RECORD_DATABASE}" that is not a record of pgleap.`,
    hint: 'pgleap keeps its record in a database of that name: rename yours for the time of the migration.',
    party: 'target',
  })
}

function otherFormat(found: number | undefined): PgleapError {
  return new PgleapError({
    code: 'server.record-format',
    message: `The record of the unfinished run has the format ${String(found)}, and this pgleap knows ${String(FORMAT)}.`,
    hint: 'Go on with the pgleap that began the run.',
    party: 'target',
  })
}
