import type { Side } from '../../connection/index.ts'
import type { Fix } from '../../report/index.ts'
import { loadSql, quoteIdent } from '../../sql.ts'
import { formatCount } from '../../units.ts'
import type { NewFinding, Pair } from '../check.ts'
import { check } from '../check.ts'
import { setParameter } from '../parameter.ts'

interface SessionsRow {
  role: string
  database: string
  super: boolean
  role_limit: number
  database_limit: number
  server_limit: number
  reserved: number
  server_used: number
  role_used: number
  database_used: number
}

/** Of a run with the default number of jobs: four workers, and those that hold the snapshot, read the schema, watch and verify. */
const SESSIONS_OF_A_RUN = 8

const SESSIONS = loadSql(import.meta.url, 'sessions.sql')

export const s15 = check<SessionsRow, SessionsRow>({
  id: 'S15',
  title: 'A run may open the sessions that it needs',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  source: SESSIONS,
  target: SESSIONS,
  assess: ({ source, target = [] }, pair) => [
    ...source.flatMap((row) => tooFewSessions('source', row, pair)),
    ...target.flatMap((row) => tooFewSessions('target', row, pair)),
  ],
})

function tooFewSessions(side: Side, row: SessionsRow, pair: Pair): NewFinding[] {
  const role = quoteIdent(row.role)
  const database = quoteIdent(row.database)
  const limits: { object: string; free: number; fix: Fix }[] = [
    {
      object: 'max_connections',
      free: row.server_limit - row.reserved - row.server_used,
      fix: setParameter(pair, side, {
        name: 'max_connections',
        value: String(row.server_used + row.reserved + SESSIONS_OF_A_RUN),
        needs: 'restart',
      }),
    },
  ]
  if (!row.super && row.role_limit >= 0) {
    limits.push({
      object: `role ${row.role}`,
      free: row.role_limit - row.role_used,
      fix: {
        kind: 'sql',
        side,
        sql: `ALTER ROLE ${role} CONNECTION LIMIT ${String(row.role_used + SESSIONS_OF_A_RUN)};`,
        undo: `ALTER ROLE ${role} CONNECTION LIMIT ${String(row.role_limit)};`,
      },
    })
  }
  if (!row.super && row.database_limit >= 0) {
    limits.push({
      object: `database ${row.database}`,
      free: row.database_limit - row.database_used,
      fix: {
        kind: 'sql',
        side,
        sql: `ALTER DATABASE ${database} CONNECTION LIMIT ${String(row.database_used + SESSIONS_OF_A_RUN)};`,
        undo: `ALTER DATABASE ${database} CONNECTION LIMIT ${String(row.database_limit)};`,
      },
    })
  }
  return limits
    .filter(({ free }) => free < SESSIONS_OF_A_RUN)
    .map(({ object, free, fix }) => ({
      object,
      message: `The ${side} has room for ${String(Math.max(free, 0))} more sessions of our role; a run with 4 jobs opens up to ${String(SESSIONS_OF_A_RUN)}. Fewer jobs need fewer (--jobs).`,
      fix,
    }))
}

interface LocksRow {
  tables: number
  per_transaction: number
  holders: number
}

export const s16 = check<LocksRow>({
  id: 'S16',
  title: 'The lock table of the source has room for every table',
  severity: 'error',
  paths: ['offline', 'online', 'files'],
  source: loadSql(import.meta.url, 'locks.sql'),
  assess: ({ source }, pair) => source.flatMap((row) => lockTable(row, pair)),
})

function lockTable({ tables, per_transaction: perTransaction, holders }: LocksRow, pair: Pair): NewFinding[] {
  const room = perTransaction * holders
  if (tables <= room) return []
  // As much again for the locks of everybody else.
  const enough = Math.ceil((2 * tables) / holders)
  return [
    {
      object: 'max_locks_per_transaction',
      message: `A run locks all of its ${formatCount(tables)} tables at once, so that none changes while it is read, and the lock table has room for about ${formatCount(room)} ("out of shared memory"). Or migrate fewer tables at a time (--include).`,
      fix: setParameter(pair, 'source', { name: 'max_locks_per_transaction', value: String(enough), needs: 'restart' }),
    },
  ]
}

interface ReadOnlyRow {
  read_only: boolean
  /** Neither a role nor a database has a setting of it. */
  by_server: boolean
  role: string | null
  database: string | null
}

const READ_ONLY = loadSql(import.meta.url, 'read-only.sql')

export const s17 = check<ReadOnlyRow, ReadOnlyRow>({
  id: 'S17',
  title: 'Transactions are not read only by default',
  severity: 'block',
  paths: ['offline', 'online', 'files', 'roles'],
  source: READ_ONLY,
  target: READ_ONLY,
  assess: ({ source, target = [] }, pair) => [
    // Offline, that is how the source is to be: nobody writes there while it is copied.
    ...(pair.paths.has('online') ? source.flatMap((row) => readOnlySource(row, pair)) : []),
    ...target.flatMap((row) => readOnlyTarget(row, pair)),
  ],
})

/** Our own sessions turn it off for themselves (online/sides.ts), so that nothing of ours fails. */
function readOnlySource(row: ReadOnlyRow, pair: Pair): NewFinding[] {
  if (!row.read_only) return []
  return [
    {
      object: 'default_transaction_read_only on the source',
      severity: 'warning',
      message:
        'default_transaction_read_only is on for our role: if the application cannot write either, an offline migration is simpler. An online one closes the source by the same setting of the database, and takes it away when it opens it again.',
      fix: makeWritable('source', row, pair),
    },
  ]
}

function readOnlyTarget(row: ReadOnlyRow, pair: Pair): NewFinding[] {
  if (!row.read_only) return []
  return [
    {
      object: 'default_transaction_read_only on the target',
      message:
        'The sessions of our role cannot write to the target: default_transaction_read_only is on. Some services turn it on by themselves when the disk is full.',
      fix: makeWritable('target', row, pair),
    },
  ]
}

function makeWritable(side: Side, { by_server: byServer, role, database }: ReadOnlyRow, pair: Pair): Fix {
  const name = 'default_transaction_read_only'
  if (byServer) return setParameter(pair, side, { name, value: 'off', needs: 'reload' })
  const inDatabase = database === null ? '' : ` IN DATABASE ${quoteIdent(database)}`
  const ofDatabase = database === null ? 'ROLE ALL' : `DATABASE ${quoteIdent(database)}`
  const whom = role === null ? ofDatabase : `ROLE ${quoteIdent(role)}${inDatabase}`
  return { kind: 'sql', side, sql: `ALTER ${whom} RESET ${name};`, undo: `ALTER ${whom} SET ${name} = on;` }
}
