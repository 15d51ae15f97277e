import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseError, SQLSTATE, type Session } from '../connection/index.ts'
import { loadSql, quoteIdent } from '../sql.ts'

const LOCKABLE = loadSql(import.meta.url, 'lockable.sql')
const HOLDERS = loadSql(import.meta.url, 'lock-holders.sql')
const WAITERS = loadSql(import.meta.url, 'lock-waiters.sql')

/** Shorter than deadlock_timeout's second: where we and the application wait for each other, the server chooses nobody. */
const LOCK_TIMEOUT_MS = 300
/** How often it is looked whether somebody waits for us while we wait for him. */
const WAITERS_MS = 50
const BETWEEN_TRIES_MS = 30

export interface FreezeOptions {
  /** How long writers may take to come to an end before their sessions are ended, in milliseconds. */
  graceMs: number
  signal: AbortSignal
}

const READ_ONLY = 'default_transaction_read_only'

/**
 * Closes the database to writes for sessions that begin from now on, and keeps the application's roles from logging in; it
 * survives us and the server. Apply workers write all the same: what they do is no statement that the server would hold to
 * be read only (seen on 13 to 18). Returns the server's time at which nobody was kept out yet.
 */
export async function close(session: Session, appRoles: readonly string[]): Promise<string> {
  const since = await timeOf(session)
  await session.script(
    [
      `ALTER DATABASE ${quoteIdent(session.database)} SET ${READ_ONLY} = on`,
      ...appRoles.map((role) => `ALTER ROLE ${quoteIdent(role)} NOLOGIN`),
    ].join('; '),
  )
  return since
}

/** Takes `close` back, in one transaction (one simple query is one): this is the moment at which a side opens. */
export async function reopen(session: Session, appRoles: readonly string[]): Promise<void> {
  await session.script(
    [
      `ALTER DATABASE ${quoteIdent(session.database)} RESET ${READ_ONLY}`,
      ...appRoles.map((role) => `ALTER ROLE ${quoteIdent(role)} LOGIN`),
    ].join('; '),
  )
}

/** Those of the roles that may log in here: only they are closed out, and let in again. */
export async function mayLogIn(session: Session, roles: readonly string[]): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    'SELECT rolname::text AS name FROM pg_catalog.pg_roles WHERE rolcanlogin AND rolname = ANY ($1::text[]) ORDER BY 1',
    [roles],
  )
  return rows.map(({ name }) => name)
}

export async function isClosed(session: Session): Promise<boolean> {
  const [row] = await session.query(
    `SELECT FROM pg_catalog.pg_db_role_setting s
     JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase AND d.datname = pg_catalog.current_database()
     WHERE s.setrole = 0 AND $1 = ANY (s.setconfig)`,
    [`${READ_ONLY}=on`],
  )
  return row !== undefined
}

/**
 * Locks every table against writes, superusers' included, for as long as the session's transaction lasts; reading and
 * decoding go on. Writers are waited for; those that are not done after the grace are ended, and at once those that could
 * only end if we gave way. Under load there are always some, since nobody takes his locks in our order. `watcher` is another
 * session on the same database.
 */
export async function lockTables(
  session: Session,
  watcher: Session,
  { graceMs, signal }: FreezeOptions,
): Promise<void> {
  const tables = await session.query<{ table: string }>(LOCKABLE)
  const names = tables.map(({ table }) => `ONLY ${table}`).join(', ')
  const until = Date.now() + graceMs
  for (;;) {
    signal.throwIfAborted()
    await session.script(`BEGIN; SET LOCAL lock_timeout = ${String(LOCK_TIMEOUT_MS)}`)
    try {
      if (names !== '') await lockAll(session, watcher, names)
      return
    } catch (error) {
      await session.script('ROLLBACK')
      if (!isInTheWay(error)) throw error
    }
    if (Date.now() > until) await endHolders(session)
    await sleep(BETWEEN_TRIES_MS, undefined, { signal })
  }
}

async function lockAll(session: Session, watcher: Session, names: string): Promise<void> {
  const over = new AbortController()
  const locking = session.script(`LOCK TABLE ${names} IN EXCLUSIVE MODE`).finally(() => over.abort())
  const [locked] = await Promise.allSettled([locking, endWaiters(session, watcher, over.signal)])
  if (locked.status === 'rejected') throw locked.reason
}

async function endWaiters(session: Session, watcher: Session, over: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(WAITERS_MS, undefined, { signal: over })
    await watcher.query(WAITERS, [session.pid])
  }
}

function isInTheWay(error: unknown): boolean {
  const busy: readonly string[] = [SQLSTATE.lockNotAvailable, SQLSTATE.deadlock]
  return error instanceof DatabaseError && busy.includes(error.server.sqlstate)
}

async function endHolders(session: Session): Promise<void> {
  await session.query(HOLDERS)
}

const OTHERS = `FROM pg_catalog.pg_stat_activity
  WHERE datname = pg_catalog.current_database() AND backend_type = 'client backend'
    AND application_name NOT LIKE 'pgleap: %' AND pid <> pg_catalog.pg_backend_pid()`

/**
 * Ends every session of the application on this database that had begun by now, and waits until they are gone: they were let
 * in before it was closed, and could write once the locks are. What they had written is counted by then (a session that ends
 * reports it). Who comes later is read only, and not waited for: an application that is refused tries again all the time.
 */
export async function endSessions(session: Session, signal: AbortSignal): Promise<void> {
  const now = await timeOf(session)
  for (;;) {
    const left = await session.query(
      `SELECT pg_catalog.pg_terminate_backend(pid) ${OTHERS}
         AND (backend_start IS NULL OR backend_start <= $1::timestamptz)`,
      [now],
    )
    if (left.length === 0) return
    await sleep(BETWEEN_TRIES_MS, undefined, { signal })
  }
}

/**
 * Ends the sessions of a database that has just been opened again which had begun since it was closed: they would stay read
 * only for as long as they last, and a pool keeps them for long.
 */
export async function endReadOnly(session: Session, closedSince: string): Promise<void> {
  await session.query(`SELECT pg_catalog.pg_terminate_backend(pid) ${OTHERS} AND backend_start >= $1::timestamptz`, [
    closedSince,
  ])
}

async function timeOf(session: Session): Promise<string> {
  const [row] = await session.query<{ now: string }>('SELECT pg_catalog.clock_timestamp()::text AS now')
  return row?.now ?? '-infinity'
}
