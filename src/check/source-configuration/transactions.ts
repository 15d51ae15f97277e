import { loadSql, quoteLiteral } from '../../sql.ts'
import { formatDuration } from '../../units.ts'
import { cannotTell } from '../cannot-tell.ts'
import type { NewFinding, Pair } from '../check.ts'
import { check } from '../check.ts'
import { setParameter } from '../parameter.ts'

export interface TransactionRow {
  pid: number
  role: string | null
  database: string | null
  application: string | null
  state: string | null
  /** Since its begin; null where our role may not see that. */
  seconds: number | null
  query: string | null
}

/** Shorter ones are the ordinary work of an application. */
const LONG_SECONDS = 10
const VERY_LONG_SECONDS = 300

export const s09 = check<TransactionRow>({
  id: 'S09',
  title: 'No transaction stays open for long',
  severity: 'warning',
  paths: ['online'],
  source: loadSql(import.meta.url, 'transactions.sql'),
  assess: ({ source }) => {
    const long = source.filter(({ seconds }) => seconds !== null && seconds >= LONG_SECONDS)
    const hidden = source.filter(({ seconds }) => seconds === null)
    if (long.length === 0 && hidden.length > 0) throw notSeen(hidden)
    return long.map(openTransaction)
  },
})

function openTransaction(row: TransactionRow): NewFinding {
  const { pid, role, database, application, state, seconds, query } = row
  const by = `${role ?? 'unknown role'} on ${database ?? 'no database'}${application === null || application === '' ? '' : ` (${application})`}`
  return {
    object: `pid ${String(pid)}`,
    severity: (seconds ?? 0) >= VERY_LONG_SECONDS ? 'error' : 'warning',
    message: `A transaction of ${by} that has written is open for ${formatDuration((seconds ?? 0) * 1000)}, ${state ?? 'state unknown'}: ${queryText(query ?? '')}. The slot that an online migration begins with waits for its end.`,
    fix: { kind: 'sql', side: 'source', sql: `SELECT pg_catalog.pg_terminate_backend(${String(pid)});` },
  }
}

function notSeen(hidden: readonly TransactionRow[]) {
  const pids = hidden.map(({ pid }) => String(pid)).join(', ')
  return cannotTell(
    'source',
    `Our role may not see how long the transactions of other roles are open (pid ${pids}); it needs pg_read_all_stats.`,
    'GRANT pg_read_all_stats TO the role that pgleap connects with.',
  )
}

/** A query for people, without its literals (one may be a password) and not longer than a line. */
export function queryText(query: string): string {
  const text = query
    .replaceAll(/\$(\w*)\$.*?(\$\1\$|$)/gsu, '…')
    .replaceAll(/'[^']*('|$)/gsu, "'…'")
    .replaceAll(/\s+/gu, ' ')
    .trim()
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

interface PreparedRow {
  gid: string
  owner: string
  database: string
  here: boolean
  seconds: number
}

interface TwoPhaseRow {
  most: number
}

const PREPARED = loadSql(import.meta.url, 'prepared.sql')
const TWO_PHASE =
  "SELECT s.reset_val::int8 AS most FROM pg_catalog.pg_settings s WHERE s.name = 'max_prepared_transactions'"

export const s10 = check<PreparedRow | TwoPhaseRow, TwoPhaseRow>({
  id: 'S10',
  title: 'No prepared transaction is pending, and the target takes as many as the source',
  severity: 'error',
  paths: ['offline', 'online', 'files'],
  source: {
    probe: async ({ source }) => [
      ...(await source.query<PreparedRow>(PREPARED)),
      ...(await source.query<TwoPhaseRow>(TWO_PHASE)),
    ],
  },
  target: TWO_PHASE,
  assess: ({ source, target }, pair) => [
    ...source.flatMap((row) => ('gid' in row ? pending(row, pair) : [])),
    ...source.flatMap((row) => ('most' in row ? twoPhase(row.most, target?.[0]?.most, pair) : [])),
  ],
})

function pending({ gid, owner, database, here, seconds }: PreparedRow, pair: Pair): NewFinding[] {
  const online = pair.paths.has('online')
  if (!here && !online) return []
  const lost = here ? ' What it has written is not in the copy, and cannot be committed on the target.' : ''
  const blocks = online ? ' The slot that an online migration begins with waits for its end.' : ''
  const literal = quoteLiteral(gid).trim()
  return [
    {
      object: `prepared transaction ${gid}`,
      message: `${owner} prepared it on database ${database} ${formatDuration(seconds * 1000)} ago, and nobody has finished it.${lost}${blocks}`,
      fix: {
        kind: 'advice',
        text: `Ask its application, then run in database ${database}: COMMIT PREPARED ${literal}; or: ROLLBACK PREPARED ${literal};`,
      },
    },
  ]
}

function twoPhase(source: number, target: number | undefined, pair: Pair): NewFinding[] {
  if (source === 0 || target !== 0) return []
  return [
    {
      object: 'max_prepared_transactions',
      severity: 'warning',
      message: `The source allows ${String(source)} prepared transactions and the target none: an application that uses PREPARE TRANSACTION fails there.`,
      fix: setParameter(pair, 'target', { name: 'max_prepared_transactions', value: String(source), needs: 'restart' }),
    },
  ]
}
