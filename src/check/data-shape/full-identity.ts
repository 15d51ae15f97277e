import { formatBytes, formatCount } from '../../units.ts'
import { check, type NewFinding, type Pair } from '../check.ts'
import {
  identityFactsQuery,
  membersOf,
  publishedTables,
  tableName,
  type IdentityFacts,
  type PublishedTable,
} from './identity-facts.ts'
import { againstFull, changeSql, identityRule } from './identity-rule.ts'
import { sizeOf } from './no-identity.ts'

/** A table of fewer rows is read in a few milliseconds for each change. */
const MANY_ROWS = 10_000

export const fullComparable = check<IdentityFacts>({
  id: 'I03',
  title: 'Tables with replica identity FULL can be replicated by whole rows',
  severity: 'error',
  paths: ['online'],
  source: identityFactsQuery,
  assess: ({ source }, pair) =>
    publishedTables(source, pair.source)
      .filter(({ table }) => table.identity === 'f')
      .flatMap((published) => unfit(published, pair)),
})

function unfit(published: PublishedTable, pair: Pair): NewFinding[] {
  const because = againstFull(published, pair)
  if (because.length === 0) return []
  const rule = identityRule(published, pair)
  const object = tableName(published.table)
  const why = `Its replica identity is FULL, but ${because.join('; ')}: published as it is, its first UPDATE or DELETE would fail, or be lost. `
  if (rule.kind === 'key') {
    const message = `${why}Online mode publishes it with the key of the fix.`
    return [{ severity: 'warning', object, message, fix: { kind: 'sql', side: 'source', ...changeSql(rule.changes) } }]
  }
  return [
    {
      object,
      message: `${why}Online mode leaves it out of the replication and copies it in the write pause: ${sizeOf(published)}.`,
      fix: {
        kind: 'advice',
        text: 'If it is too large for that, give it a primary key, or do away with what stands against FULL (make json jsonb).',
      },
    },
  ]
}

export const fullSearch = check<IdentityFacts>({
  id: 'I04',
  title: 'No large table that changes is searched row by row on the target',
  severity: 'error',
  paths: ['online'],
  source: identityFactsQuery,
  assess: ({ source }, pair) =>
    publishedTables(source, pair.source)
      .filter((published) => identityRule(published, pair).search === 'scan')
      .flatMap((published) => slow(published, pair)),
})

function slow(published: PublishedTable, { target }: Pair): NewFinding[] {
  const held = membersOf(published).filter(({ kind }) => kind === 'r')
  const total = (of: (table: IdentityFacts) => number) => held.reduce((sum, table) => sum + of(table), 0)
  const rows = total((table) => table.rows)
  const bytes = total((table) => table.bytes)
  const changes = total((table) => table.changes)
  if (rows < MANY_ROWS || changes === 0) return []
  const wal = changes * (bytes / rows)
  return [
    {
      object: tableName(published.table),
      message: `With replica identity FULL, each of its changed rows is searched on the target by reading the table (${formatCount(rows)} rows, ${formatBytes(bytes)}): ${WHY[whyOf(target.major)]}. Since the statistics were reset, ${formatCount(changes)} of its rows were updated or deleted; FULL adds their old rows to the WAL (about ${formatBytes(wal)} for as many). The target will hardly keep up.`,
      fix: {
        kind: 'advice',
        text:
          target.major >= 16
            ? 'Give it a primary key, or a btree index (not partial) that begins with a selective column, before the migration starts; or let it be copied in the write pause.'
            : 'Give it a primary key before the migration starts, or migrate to 16 or newer, where an index is enough; or let it be copied in the write pause.',
      },
    },
  ]
}

const WHY = {
  before16: 'before 16 only a primary key helps',
  at16: '16 can use a btree index, and there is none that fits (hash indexes count from 17)',
  from17: 'a btree or hash index would do, and there is none that fits',
} as const

function whyOf(major: number): keyof typeof WHY {
  return major < 16 ? 'before16' : major === 16 ? 'at16' : 'from17'
}
