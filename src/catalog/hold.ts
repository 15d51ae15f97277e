import { DatabaseError, SQLSTATE, type Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { qualified } from '../sql.ts'
import { statement } from './statements.ts'
import type { TableRef } from './tables.ts'

const blockersSql = statement('blockers')

/** Names in one LOCK statement: enough that 10,000 tables take few round trips, small enough to name who is in the way. */
const BATCH = 500

const UNDEFINED_TABLE = '42P01'

interface BlockerRow {
  pid: number
  schema: string
  name: string
  granted: boolean
  role: string | null
  application: string | null
  state: string | null
  seconds: number | null
}

export interface HoldOptions {
  /** How long to wait for each batch, in milliseconds. */
  lockTimeoutMs: number
  signal?: AbortSignal | undefined
}

/**
 * Locks the tables ACCESS SHARE in the session's open transaction, so that none is dropped, rewritten or truncated while
 * the run reads it; reads and writes of others go on. What cannot be locked so (foreign tables, materialized views) is
 * passed over. The transaction stays usable when this throws.
 *
 * @throws PgleapError `source.locked` naming who is in the way, `source.lock-table-full`, `source.table-gone`
 */
export async function holdTables(
  session: Session,
  tables: readonly TableRef[],
  { lockTimeoutMs, signal }: HoldOptions,
): Promise<void> {
  const lockable = tables.filter((table) => table.kind === 'table' || table.kind === 'partitioned')
  for (let start = 0; start < lockable.length; start += BATCH) {
    signal?.throwIfAborted()
    await lockBatch(session, lockable.slice(start, start + BATCH), lockTimeoutMs)
  }
}

async function lockBatch(session: Session, tables: readonly TableRef[], lockTimeoutMs: number): Promise<void> {
  const names = tables.map((table) => `ONLY ${qualified(table.schema, table.name)}`).join(', ')
  // The savepoint keeps the transaction, and with it the snapshot, when the lock is not to be had.
  await session.script(`SAVEPOINT pgleap_hold; SET LOCAL lock_timeout = ${String(Math.ceil(lockTimeoutMs))}`)
  try {
    await session.script(`LOCK TABLE ${names} IN ACCESS SHARE MODE`)
  } catch (error) {
    if (session.broken) throw error
    await session.script('ROLLBACK TO SAVEPOINT pgleap_hold; RELEASE SAVEPOINT pgleap_hold')
    throw await explain(session, tables, error)
  }
  await session.script('SET LOCAL lock_timeout = 0; RELEASE SAVEPOINT pgleap_hold')
}

async function explain(session: Session, tables: readonly TableRef[], error: unknown): Promise<unknown> {
  switch (error instanceof DatabaseError ? error.server.sqlstate : '') {
    case SQLSTATE.lockNotAvailable: {
      const blockers = await session.query<BlockerRow>(blockersSql(session.major), [tables.map((table) => table.oid)])
      return new PgleapError({
        code: 'source.locked',
        message:
          blockers.length === 0
            ? 'A table of the source was locked exclusively for too long'
            : `Tables of the source are locked exclusively: ${blockers.map(describe).join('; ')}`,
        hint: 'Let that transaction end, or end it with pg_terminate_backend(pid); then run pgleap again.',
        party: 'source',
        cause: error,
      })
    }
    case SQLSTATE.outOfMemory:
      return new PgleapError({
        code: 'source.lock-table-full',
        message: "The source's lock table is too small to hold all tables of this run",
        hint: 'Raise max_locks_per_transaction on the source (it needs a restart), or migrate fewer tables at a time with --include.',
        party: 'source',
        cause: error,
      })
    case UNDEFINED_TABLE:
      return new PgleapError({
        code: 'source.table-gone',
        message: 'A table of the source was dropped or renamed while the run began',
        hint: 'Run pgleap again; do not change the schema meanwhile.',
        party: 'source',
        cause: error,
      })
    default:
      return error
  }
}

function describe(blocker: BlockerRow): string {
  const who = [
    blocker.role === null ? undefined : `role ${blocker.role}`,
    blocker.application === null || blocker.application === '' ? undefined : `application ${blocker.application}`,
    blocker.state ?? undefined,
    blocker.seconds === null ? undefined : `for ${String(Math.round(blocker.seconds))} s`,
  ].filter((part) => part !== undefined)
  const verb = blocker.granted ? 'by' : 'soon, by a waiting lock of'
  return `${blocker.schema}.${blocker.name} ${verb} process ${String(blocker.pid)}${who.length > 0 ? ` (${who.join(', ')})` : ''}`
}
