import { loadSql, qualified } from '../../sql.ts'
import { formatBytes, formatCount } from '../../units.ts'
import { check, type NewFinding } from '../check.ts'
import { counted, listed } from '../names.ts'
import { tableName } from './identity-facts.ts'

interface SizeRow {
  schema: string
  name: string
  rows: number
  /** With TOAST, without indexes. */
  bytes: number
  index_bytes: number
  never_analyzed: boolean
  changed_since: number
  live: number
  dead: number
}

const SIZES = loadSql(import.meta.url, 'sizes.sql')
const MB = 1024 * 1024

/** Less than this is over before anybody has read about it. */
const WORTH_TELLING = 64 * MB

export const largestTables = check<SizeRow>({
  id: 'I07',
  title: 'No large table decides how long the copy takes',
  severity: 'info',
  paths: ['offline', 'online', 'files'],
  source: SIZES,
  assess: ({ source }) => largest(source),
})

function largest(tables: readonly SizeRow[]): NewFinding[] {
  const total = tables.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total < WORTH_TELLING) return []
  const indexes = tables.reduce((sum, { index_bytes: bytes }) => sum + bytes, 0)
  const shares = tables
    .filter(({ bytes }) => bytes >= total / 20)
    .map(
      (table) =>
        `${tableName(table)} (${String(Math.round((table.bytes / total) * 100))} %: ${formatBytes(table.bytes)}, indexes ${formatBytes(table.index_bytes)})`,
    )
  const most = shares.length === 0 ? 'none of them has a twentieth of it' : `the largest are ${listed(shares)}`
  return [
    {
      message: `${formatBytes(total)} in ${counted(tables.length, 'table')}, and ${formatBytes(indexes)} of indexes to build; ${most}. Large tables are copied in several parts at once; a table's largest index is what the end waits for.`,
    },
  ]
}

export const statistics = check<SizeRow>({
  id: 'I12',
  title: 'Statistics are fresh enough to plan with',
  severity: 'info',
  paths: ['offline', 'online', 'files'],
  source: SIZES,
  assess: ({ source }) => [...stale(source), ...bloated(source)],
})

function stale(tables: readonly SizeRow[]): NewFinding[] {
  const guesses = tables.filter(
    ({ never_analyzed: never, changed_since: changed, live }) => changed >= 10_000 && (never || changed > live / 2),
  )
  if (guesses.length === 0) return []
  const sql = guesses.map(({ schema, name }) => `ANALYZE ${qualified(schema, name)};`).join('\n')
  return [
    {
      message: `${counted(guesses.length, 'table')} changed much since the last ANALYZE, or never had one: ${listed(guesses.map(tableName))}. The plan takes sizes, parts and times from these statistics.`,
      fix: { kind: 'sql', side: 'source', sql },
    },
  ]
}

function bloated(tables: readonly SizeRow[]): NewFinding[] {
  const bloat = tables.filter(({ live, dead }) => dead >= 100_000 && dead > live)
  if (bloat.length === 0) return []
  const shown = bloat.map(
    (table) => `${tableName(table)} (${formatCount(table.dead)} dead, ${formatCount(table.live)} live)`,
  )
  return [
    {
      message: `${counted(bloat.length, 'table')} of more dead rows than live ones: ${listed(shown)}. Reading them takes longer than their rows are worth; on the target they arrive without.`,
      fix: {
        kind: 'sql',
        side: 'source',
        sql: bloat.map(({ schema, name }) => `VACUUM (ANALYZE) ${qualified(schema, name)};`).join('\n'),
      },
    },
  ]
}
