import { unreachable } from '../../errors.ts'
import { formatBytes } from '../../units.ts'
import { check, type NewFinding, type Pair } from '../check.ts'
import { counted, listed } from '../names.ts'
import {
  identityFactsQuery,
  membersOf,
  publishedTables,
  tableName,
  type IdentityFacts,
  type IdentityIndex,
  type PublishedTable,
} from './identity-facts.ts'
import { changeSql, flawsOf, identityRule, type IdentityRule } from './identity-rule.ts'

/** What is wrong with the identity of the table that is published, its partitions aside. */
type Lack = 'none' | 'flawed' | 'generated' | 'full' | 'partitions' | undefined

export const noIdentity = check<IdentityFacts>({
  id: 'I01',
  title: 'Every table has a key by which its rows are found on the target',
  severity: 'warning',
  paths: ['online'],
  source: identityFactsQuery,
  assess: ({ source }, pair) =>
    lacking('none', source, pair).map((published) =>
      finding(
        published,
        published.table.identity === 'n' ? 'Its replica identity is NOTHING' : 'It has no primary key',
        pair,
      ),
    ),
})

export const flawedIdentity = check<IdentityFacts>({
  id: 'I02',
  title: 'No index that is meant as replica identity is unfit for it',
  severity: 'warning',
  paths: ['online'],
  source: identityFactsQuery,
  assess: ({ source }, pair) =>
    lacking('flawed', source, pair).map((published) => finding(published, flawOf(published.table), pair)),
})

/** Trees whose partitioned table has an identity that some partitions have not: O24 reports them. */
export function unequalPartitions(facts: readonly IdentityFacts[], pair: Pair): NewFinding[] {
  return lacking('partitions', facts, pair).map((published) => {
    const others = identityRule(published, pair).changes.map(({ table }) => tableName(table))
    const why = `${listed(others)} ${others.length === 1 ? 'has' : 'have'} not the replica identity that the whole tree needs: ALTER TABLE ... REPLICA IDENTITY does not reach the partitions, and a new one does not inherit it`
    return finding(published, why, pair)
  })
}

/** Tables whose key is over generated columns, which are not published: O14 reports them. */
export function generatedIdentities(facts: readonly IdentityFacts[], pair: Pair): NewFinding[] {
  return lacking('generated', facts, pair).map((published) => finding(published, flawOf(published.table), pair))
}

function lacking(what: Lack, facts: readonly IdentityFacts[], pair: Pair): PublishedTable[] {
  return publishedTables(facts, pair.source).filter((published) => lackOf(published, pair) === what)
}

function lackOf(published: PublishedTable, pair: Pair): Lack {
  const { table } = published
  const { kind, changes } = identityRule(published, pair)
  if (kind !== 'pause' && changes.length === 0) return undefined
  if (table.key === null && (table.identity === 'd' || table.identity === 'i') && flawOf(table) !== '') {
    return meantBy(table)?.generated === true ? 'generated' : 'flawed'
  }
  if (table.key === null && table.identity !== 'f') return 'none'
  return kind === 'pause' ? 'full' : published.partitions.length > 0 ? 'partitions' : 'full'
}

/** Why the index that is meant as the identity is none; empty where none is meant. */
function flawOf(table: IdentityFacts): string {
  const meant = meantBy(table)
  if (meant !== undefined)
    return `Its index ${meant.name} cannot be the replica identity: it is ${listed(flawsOf(meant))}`
  return table.identity === 'i' ? 'The index of its replica identity was dropped' : ''
}

function meantBy({ identity, indexes }: IdentityFacts): IdentityIndex | undefined {
  return indexes.find((index) => (identity === 'i' ? index.identity : index.primary))
}

function finding(published: PublishedTable, why: string, pair: Pair): NewFinding {
  const rule = identityRule(published, pair)
  const object = tableName(published.table)
  const message = `${why}. ${consequence(published, rule, pair)}`
  if (rule.kind === 'pause') {
    return {
      severity: 'error',
      object,
      message,
      fix: {
        kind: 'advice',
        text: 'If it is too large to be copied in the write pause, give it a primary key, or do away with what stands against FULL (make json jsonb).',
      },
    }
  }
  return { object, message, fix: { kind: 'sql', side: 'source', ...changeSql(rule.changes) } }
}

/** What online mode does with the table, and what that means. */
function consequence(published: PublishedTable, rule: IdentityRule, { source, target }: Pair): string {
  switch (rule.kind) {
    case 'key':
      // Before 18, a key with generated columns is announced, and the subscriber misses them (logicalrep_rel_mark_updatable).
      return `Online mode publishes it with the key of the fix; published without, ${
        meantBy(published.table)?.generated === true && source.major < 18
          ? 'the first UPDATE or DELETE that arrives would stop the subscription'
          : 'its UPDATE and DELETE would fail on the source'
      }.`
    case 'full':
      return `Online mode publishes it with the whole row as its identity (FULL), which is more WAL on the source; PostgreSQL ${String(target.major)} finds a row ${SEARCH[rule.search ?? 'scan']}.`
    case 'pause':
      return `No unique index over NOT NULL columns can take its place, and the whole row (FULL) cannot either: ${rule.because.join('; ')}. Online mode leaves it out of the replication and copies it in the write pause: ${sizeOf(published)}.`
    default:
      return unreachable(rule.kind)
  }
}

const SEARCH = {
  key: 'by the primary key',
  index: 'by an index',
  scan: 'by reading the table, for every changed row',
} as const

/** `about 1,200 rows, 3.4 MB`. */
export function sizeOf(published: PublishedTable): string {
  const held = membersOf(published).filter(({ kind }) => kind === 'r')
  const rows = held.reduce((sum, member) => sum + member.rows, 0)
  const bytes = held.reduce((sum, member) => sum + member.bytes, 0)
  return bytes === 0 ? 'its size is not known before ANALYZE' : `about ${counted(rows, 'row')}, ${formatBytes(bytes)}`
}
