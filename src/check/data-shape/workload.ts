import { loadSql } from '../../sql.ts'
import { formatCount } from '../../units.ts'
import { cannotTell } from '../cannot-tell.ts'
import { askOnce, check, type NewFinding, type ProbeEnds } from '../check.ts'
import { counted, listed } from '../names.ts'
import { tableName } from './identity-facts.ts'

/** A group of statements that pg_stat_statements has counted. */
interface StatementRow {
  query: string
  kind: 'rows' | 'ddl'
  calls: number
  /** Each time. */
  rows: number
}

interface AverageRow {
  changes: number
  commits: number
}

interface FunctionRow {
  schema: string
  name: string
}

const EXTENSION = loadSql(import.meta.url, 'statements-extension.sql')
const STATEMENTS = loadSql(import.meta.url, 'bulk-statements.sql')
const CHURN = loadSql(import.meta.url, 'churn.sql')
const FUNCTIONS = loadSql(import.meta.url, 'ddl-functions.sql')

/** Rows that a transaction changes on average, from which on there must be large ones among them. */
const LARGE_ON_AVERAGE = 1000

export const largeTransactions = check<StatementRow | AverageRow>({
  id: 'I09',
  title: 'No transaction changes a million rows',
  severity: 'warning',
  paths: ['online'],
  source: {
    probe: async (ends) => (await countedStatements(ends)) ?? askOnce<AverageRow>(ends.source, CHURN),
  },
  assess: ({ source }, { target }) => {
    const large = source.filter((row) => 'query' in row && row.kind === 'rows').map((row) => describe(row))
    const average = source.find((row) => 'commits' in row)
    const perCommit = average === undefined ? 0 : average.changes / average.commits
    if (large.length === 0 && perCommit < LARGE_ON_AVERAGE) return []
    const what =
      large.length > 0
        ? `${counted(large.length, 'statement')} changed a million rows or more at once: ${listed(large)}`
        : `A transaction changes ${formatCount(Math.round(perCommit))} rows on average, so some must be very large`
    return [
      {
        message: `${what}. ${STREAMED[target.major >= 16 ? 'parallel' : target.major >= 14 ? 'spilled' : 'late']}`,
        fix: WAIT,
      },
    ]
  },
})

/** subscriptioncmds.c: streaming = on from 14, parallel from 16. */
const STREAMED = {
  parallel:
    'The target applies such a transaction while it runs (streaming), but everything after it waits for its commit.',
  spilled:
    'The target receives such a transaction while it runs, but applies it only after its commit, and everything after it waits.',
  late: 'The source spills such a transaction to disk and sends it after its commit; everything after it waits.',
} as const

const WAIT = { kind: 'advice', text: 'Keep such jobs away from the start and the cutover of the migration.' } as const

export const tableMakers = check<StatementRow | FunctionRow>({
  id: 'I11',
  title: 'Nothing makes, replaces or empties tables as a matter of routine',
  severity: 'warning',
  paths: ['online'],
  source: {
    probe: async (ends) => [
      ...((await countedStatements(ends)) ?? []),
      ...(await ends.source.query<FunctionRow>(FUNCTIONS)),
    ],
  },
  assess: ({ source }) => [
    ...routine(
      source.flatMap((row) => ('query' in row && row.kind === 'ddl' ? [describe(row)] : [])),
      'statement',
      'ran',
    ),
    ...routine(
      source.flatMap((row) => ('query' in row || 'commits' in row ? [] : [tableName(row)])),
      'function',
      'can run',
    ),
  ],
})

function routine(names: readonly string[], noun: string, verb: string): NewFinding[] {
  if (names.length === 0) return []
  return [
    {
      message: `${counted(names.length, noun)} that make, alter, drop or empty tables ${verb} here: ${listed(names)}. Logical replication carries no DDL: a table that is made or replaced during the migration is not in step. TRUNCATE is carried.`,
      fix: {
        kind: 'advice',
        text: 'Stop what calls them while the migration runs, or do the same on the target first; a change that happens stops the cutover until it is applied there.',
      },
    },
  ]
}

function describe(row: StatementRow | AverageRow): string {
  return 'query' in row ? `${row.query} (${formatCount(row.calls)} times)` : ''
}

/** Undefined where pg_stat_statements is not installed. */
async function countedStatements({ source, open }: ProbeEnds): Promise<StatementRow[] | undefined> {
  const [extension] = await source.query<{ schema: string }>(EXTENSION)
  if (extension === undefined) return undefined
  await using session = await open('source', 'check')
  await session.query("SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident($1), false)", [
    extension.schema,
  ])
  const rows = await session.query<Omit<StatementRow, 'kind'> & { kind: StatementRow['kind'] | 'hidden' }>(STATEMENTS)
  if (rows.some(({ kind }) => kind === 'hidden')) {
    throw cannotTell(
      'source',
      "pg_stat_statements hides other users' statements from our role.",
      'GRANT pg_read_all_stats to it on the source.',
    )
  }
  return rows.flatMap(({ kind, ...row }) => (kind === 'hidden' ? [] : [{ ...row, kind }]))
}
