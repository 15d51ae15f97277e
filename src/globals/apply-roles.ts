import { DatabaseError, SQLSTATE, type Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import type { EmitEvent } from '../report/index.ts'
import { quoteLiteral } from '../sql.ts'
import { fullSql, shownSql, type Change, type LeftOut, type NoLogin, type RolesPlan } from './plan.ts'

export interface AppliedRoles {
  done: readonly Change[]
  refused: readonly RefusedChange[]
  /** Not tried, as a role that they name could not be made. */
  blocked: readonly Change[]
  /** What came over less than planned, since the target refused the whole. */
  leftOut: readonly LeftOut[]
  noLogin: readonly NoLogin[]
}

export interface RefusedChange {
  change: Change
  sqlstate: string
  message: string
}

/**
 * Kept from the server's log, statistics and pg_stat_activity as far as the user may: statements here hold verifiers. Never a
 * password in clear, whatever the server does.
 */
const QUIET: readonly (readonly [name: string, value: string])[] = [
  ['log_statement', 'none'],
  ['log_min_duration_statement', '-1'],
  ['log_min_duration_sample', '-1'],
  ['log_transaction_sample_rate', '0'],
  ['log_min_error_statement', 'panic'],
  ['track_activities', 'off'],
  ['pg_stat_statements.track', 'none'],
  ['pgaudit.log', 'none'],
]

/**
 * Carries out a plan in one transaction: a crash or a lost connection leaves nothing behind. What the target refuses is
 * listed, what depends on it is not tried, and all the rest is committed. The session must be outside of a transaction.
 *
 * @throws PgleapError where the connection is lost or `signal` is aborted; nothing has been changed then
 */
export async function applyRoles(
  session: Session,
  plan: RolesPlan,
  { onEvent, signal }: { onEvent?: EmitEvent | undefined; signal?: AbortSignal | undefined } = {},
): Promise<AppliedRoles> {
  const done: Change[] = []
  const refused: RefusedChange[] = []
  const blocked: Change[] = []
  const leftOut: LeftOut[] = []
  const noLogin: NoLogin[] = []
  if (plan.changes.length === 0) return { done, refused, blocked, leftOut, noLogin }
  const unmade = new Set<string>()
  await session.script('BEGIN')
  try {
    await beQuiet(session)
    for (const change of plan.changes) {
      stopIfAsked(signal)
      if (change.roles.some((role) => unmade.has(role))) {
        blocked.push(change)
        continue
      }
      const refusal = await attempt(session, fullSql(change), shownSql(change))
      if (refusal === undefined) {
        done.push(change)
        continue
      }
      const { otherwise } = change
      if (otherwise !== undefined && (await attempt(session, otherwise.sql, otherwise.sql)) === undefined) {
        done.push({ kind: change.kind, object: change.object, roles: change.roles, sql: otherwise.sql })
        leftOut.push({ ...otherwise.leftOut, message: `${otherwise.leftOut.message} (${saying(refusal)})` })
        if (otherwise.noLogin !== undefined) noLogin.push(otherwise.noLogin)
        continue
      }
      if (change.kind === 'role') unmade.add(change.object.slice('role '.length))
      refused.push({ change, sqlstate: refusal.server.sqlstate, message: refusal.server.message })
      onEvent?.(refusalNotice(change, refusal))
    }
    // Before the commit, so that it is as durable as the target promises, whatever the session is set to.
    await session.script('SET LOCAL synchronous_commit = on')
    stopIfAsked(signal)
    await session.script('COMMIT')
  } catch (error) {
    // Where the connection is lost the server rolls back by itself.
    if (!session.broken) await session.script('ROLLBACK')
    throw error
  }
  return { done, refused, blocked, leftOut, noLogin }
}

/** Undefined where it worked. A refusal carries the statement as people may see it, and no other. */
async function attempt(session: Session, sql: string, shown: string): Promise<DatabaseError | undefined> {
  try {
    await session.script(`SAVEPOINT pgleap; ${sql}; RELEASE SAVEPOINT pgleap`)
    return undefined
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    // No cause: what the client made of it may hold the statement as it was.
    const refusal = new DatabaseError(error.side, error.server, shown)
    if (session.broken || error.server.sqlstate === SQLSTATE.queryCanceled) throw refusal
    await session.script('ROLLBACK TO SAVEPOINT pgleap; RELEASE SAVEPOINT pgleap')
    return refusal
  }
}

async function beQuiet(session: Session): Promise<void> {
  for (const [name, value] of QUIET) {
    const known = `pg_catalog.current_setting(${quoteLiteral(name)}, true) IS NOT NULL`
    const sql = `SELECT pg_catalog.set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, true) WHERE ${known}`
    await attempt(session, sql, sql)
  }
}

function refusalNotice({ object, sql }: Change, refusal: DatabaseError): Parameters<EmitEvent>[0] {
  return {
    type: 'notice',
    at: Date.now(),
    level: 'warning',
    code: 'roles.refused',
    message: `The target refuses: ${saying(refusal)}`,
    object,
    hint: `Let an administrator who may do it run: ${sql}`,
  }
}

function saying({ server }: DatabaseError): string {
  return `${server.message}, SQLSTATE ${server.sqlstate}`
}

function stopIfAsked(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  throw new PgleapError({
    code: 'run.interrupted',
    message: 'Stopped as asked.',
    hint: 'No role has been changed.',
    party: 'interrupted',
    cause: signal.reason,
  })
}
