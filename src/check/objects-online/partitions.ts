import { loadSql } from '../../sql.ts'
import { askOnce, check, type NewFinding, type Pair } from '../check.ts'
import { counted } from '../names.ts'
import { identityFactsQuery, tableName, unequalPartitions, type IdentityFacts } from '../data-shape/index.ts'

interface ForeignPartitionRow {
  schema: string
  name: string
  server: string
  parent: string
}

const FOREIGN = loadSql(import.meta.url, 'foreign-partitions.sql')

export const partitionedTables = check<IdentityFacts | ForeignPartitionRow>({
  id: 'O24',
  title: 'Partitioned tables can be published as a whole',
  severity: 'error',
  paths: ['online'],
  source: {
    probe: async ({ source, pair }) => [
      ...(await askOnce<IdentityFacts>(source, identityFactsQuery(pair.source))),
      ...(await source.query<ForeignPartitionRow>(FOREIGN)),
    ],
  },
  assess: ({ source }, pair) => [
    ...unequalPartitions(
      source.filter((row) => 'identity' in row),
      pair,
    ),
    ...source.filter((row) => 'server' in row).map(foreignPartition),
  ],
})

function foreignPartition(row: ForeignPartitionRow): NewFinding {
  return {
    object: tableName(row),
    message: `This partition of ${row.parent} is a foreign table: its rows stay on the server ${row.server}. A publication of ${row.parent} takes it in without a word and sends nothing of it.`,
    fix: {
      kind: 'advice',
      text: `On the target it leads to ${row.server} again: have the target admitted there, with a user mapping; or detach it before the migration.`,
    },
  }
}

interface LastPartitionRow {
  schema: string
  name: string
  partitions: number
  has_default: boolean
  /** Where the last range ends, and today on the server; as YYYY-MM-DD. */
  last_end: string | null
  today: string
}

const LAST = loadSql(import.meta.url, 'last-partitions.sql')
const MAKERS = loadSql(import.meta.url, 'partition-makers.sql')

export const newPartitions = check<LastPartitionRow | { extension: string }>({
  id: 'O25',
  title: 'No partition has to be made while the migration runs',
  severity: 'warning',
  paths: ['online'],
  source: {
    probe: async ({ source }) => [
      ...(await source.query<{ extension: string }>(MAKERS)),
      ...(await source.query<LastPartitionRow>(LAST)),
    ],
  },
  assess: ({ source }) => source.flatMap((row) => ('extension' in row ? [partitionMaker(row)] : endsSoon(row))),
})

const MAKE_AHEAD =
  'CREATE TABLE ... PARTITION OF on the source for the time that the migration may take, before it starts'

function partitionMaker({ extension }: { extension: string }): NewFinding {
  return {
    object: `extension ${extension}`,
    message: `It makes partitions by itself. One that it makes on the source during the migration is missing on the target: its rows cannot be applied there.`,
    fix: {
      kind: 'advice',
      text: `Make partitions ahead (${MAKE_AHEAD}), and stop its maintenance while the migration runs.`,
    },
  }
}

const DAYS = 14

/** A single partition says nothing about a routine, and one whose end is past is not written to any more. */
function endsSoon(row: LastPartitionRow): NewFinding[] {
  const { last_end: end, today, partitions } = row
  if (end === null || partitions < 2 || end < today || daysBetween(today, end) > DAYS) return []
  const missing = row.has_default ? 'go to its default partition' : 'fail'
  return [
    {
      object: tableName(row),
      message: `The last of its ${counted(partitions, 'partition')} ends on ${end}; without a new one, rows after that ${missing}. One that is made on the source during the migration is missing on the target, and its rows cannot be applied there.`,
      fix: { kind: 'advice', text: `Make partitions ahead: ${MAKE_AHEAD}.` },
    },
  ]
}

function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000
}

export const inheritance = check<{ schema: string; name: string; children: number }>({
  id: 'O26',
  title: 'No table gets inheriting tables while the migration runs',
  severity: 'warning',
  paths: ['online'],
  source: loadSql(import.meta.url, 'inheritance.sql'),
  assess: ({ source }, pair: Pair) =>
    source.map((row) => ({
      object: tableName(row),
      message: `${counted(row.children, 'table')} inherit${row.children === 1 ? 's' : ''} from it (not as partitions). Each is replicated by itself and needs a key of its own, which is not inherited; one that is made during the migration is not in step on PostgreSQL ${String(pair.target.major)}.`,
      fix: { kind: 'advice' as const, text: 'Let nothing make new children (often a trigger or a job) while it runs.' },
    })),
})
