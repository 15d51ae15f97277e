import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseError, SQLSTATE, type Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { loadSql, quoteIdent, quoteLiteral } from '../sql.ts'

const LOCKABLE = loadSql(import.meta.url, 'lockable.sql')
const HOLDERS = loadSql(import.meta.url, 'lock-holders.sql')
const VACUUMS = loadSql(import.meta.url, 'autovacuums.sql')
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
  const roles = await thatAreThere(session, appRoles)
  await session.script(
    [
      `ALTER DATABASE ${quoteIdent(session.database)} SET ${READ_ONLY} = on`,
      ...roles.map((role) => `ALTER ROLE ${quoteIdent(role)} NOLOGIN`),
    ].join('; '),
  )
  return since
}

/** What a side was before it was closed. */
export interface Before {
  /** Those that could log in. */
  roles: readonly string[]
  /** The database's own value of default_transaction_read_only, where it had one. */
  readOnly: string | undefined
}

/** Takes `close` back, in one transaction (one simple query is one): this is the moment at which a side opens. */
export async function reopen(session: Session, { roles, readOnly }: Before): Promise<void> {
  const there = await thatAreThere(session, roles)
  await session.script(reopenSql(session.database, { roles: there, readOnly }).join('; '))
}

/** One that was dropped since it was written down must not keep a side closed. */
async function thatAreThere(session: Session, roles: readonly string[]): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    'SELECT rolname::text AS name FROM pg_catalog.pg_roles WHERE rolname = ANY ($1::text[]) ORDER BY 1',
    [roles],
  )
  return rows.map(({ name }) => name)
}

export function reopenSql(database: string, { roles, readOnly }: Before): string[] {
  const value = readOnly === undefined ? `RESET ${READ_ONLY}` : `SET ${READ_ONLY} = ${quoteLiteral(readOnly)}`
  return [
    `ALTER DATABASE ${quoteIdent(database)} ${value}`,
    ...roles.map((role) => `ALTER ROLE ${quoteIdent(role)} LOGIN`),
  ]
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
  return (await readOnlySetting(session))?.closed === true
}

/** What the database itself says about default_transaction_read_only, in its own words; undefined where it says nothing. */
export async function readOnlySetting(session: Session): Promise<{ value: string; closed: boolean } | undefined> {
  const [row] = await session.query<{ value: string; closed: boolean }>(
    `SELECT o.value, o.value::boolean AS closed
     FROM pg_catalog.pg_db_role_setting s
     JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase AND d.datname = pg_catalog.current_database()
     CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) c (setting)
     CROSS JOIN LATERAL pg_catalog.split_part(c.setting, '=', 2) o (value)
     WHERE s.setrole = 0 AND pg_catalog.split_part(c.setting, '=', 1) = $1`,
    [READ_ONLY],
  )
  return row
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
  let timeoutMs = LOCK_TIMEOUT_MS
  for (;;) {
    signal.throwIfAborted()
    await session.script(`BEGIN; SET LOCAL lock_timeout = ${String(timeoutMs)}`)
    try {
      if (names !== '') await lockAll(session, watcher, names)
      return
    } catch (error) {
      await session.script('ROLLBACK')
      if (!isInTheWay(error)) throw error
    }
    if (Date.now() > until) await endHolders(session)
    timeoutMs = (await vacuumTimeout(session)) ?? LOCK_TIMEOUT_MS
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

/**
 * How long to wait where an autovacuum is in the way, in milliseconds: the server stops it for whoever has waited for
 * deadlock_timeout (ProcSleep in proc.c), and for nobody sooner. Undefined where none is.
 */
async function vacuumTimeout(session: Session): Promise<number | undefined> {
  const [row] = await session.query<{ ms: number }>(VACUUMS)
  return row === undefined ? undefined : row.ms + LOCK_TIMEOUT_MS
}

async function endHolders(session: Session): Promise<void> {
  await session.query(HOLDERS)
}

/**
 * Whoever may not see others' sessions (pg_read_all_stats) is not told of what type they are: then all of them that belong to a
 * role are taken for clients. Superusers' sessions are ended by superusers alone (pg_signal_backend's documentation).
 */
const OTHERS = `FROM pg_catalog.pg_stat_activity a
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.usesysid
  WHERE a.datname = pg_catalog.current_database() AND a.usesysid IS NOT NULL
    AND coalesce(a.backend_type, 'client backend') = 'client backend'
    AND a.application_name NOT LIKE 'pgleap: %' AND a.pid <> pg_catalog.pg_backend_pid()`
const MAY_END = `(NOT coalesce(r.rolsuper, false) OR (SELECT o.rolsuper FROM pg_catalog.pg_roles o WHERE o.rolname = current_user))`

/**
 * Refuses where sessions are open that our role may not end: they would go on writing to a side that is closed.
 *
 * @param accepted roles whose sessions may
 * @throws PgleapError `online.cannot-end`
 */
export async function assertCanEnd(session: Session, accepted: readonly string[]): Promise<void> {
  const rows = await session.query<{ pid: number; role: string; application: string }>(
    `SELECT a.pid, a.usename::text AS role, a.application_name AS application ${OTHERS} AND NOT ${MAY_END}
       AND a.usename <> ALL ($1::text[]) ORDER BY a.pid`,
    [accepted],
  )
  if (rows.length === 0) return
  const named = rows.map(
    ({ pid, role, application }) => `${String(pid)} of ${role}${application === '' ? '' : ` (${application})`}`,
  )
  throw new PgleapError({
    code: 'online.cannot-end',
    message: `${session.user} may not end sessions of superusers on the ${session.side}: server process ${named.join(', ')}.`,
    hint: 'End them yourself, or let a superuser do it; --accept-writer ROLE leaves them open, and what they write there then is not brought to the other side.',
    party: session.side,
  })
}

/**
 * Ends every session of the application on this database that had begun by now, and waits until they are gone: they were let
 * in before it was closed, and could write once the locks are. What they had written is counted by then (a session that ends
 * reports it). Who comes later is read only, and not waited for: an application that is refused tries again all the time.
 *
 * @throws PgleapError `online.cannot-end`
 */
export async function endSessions(
  session: Session,
  { accepted, signal }: { accepted: readonly string[]; signal: AbortSignal },
): Promise<void> {
  await assertCanEnd(session, accepted)
  const now = await timeOf(session)
  for (;;) {
    const left = await session.query(
      `SELECT pg_catalog.pg_terminate_backend(a.pid) ${OTHERS} AND ${MAY_END}
         AND (a.backend_start IS NULL OR a.backend_start <= $1::timestamptz)`,
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
  await session.query(
    `SELECT pg_catalog.pg_terminate_backend(a.pid) ${OTHERS} AND ${MAY_END}
       AND (a.backend_start IS NULL OR a.backend_start >= $1::timestamptz)`,
    [closedSince],
  )
}

async function timeOf(session: Session): Promise<string> {
  const [row] = await session.query<{ now: string }>('SELECT pg_catalog.clock_timestamp()::text AS now')
  return row?.now ?? '-infinity'
}
