import { unreachable } from '../../errors.ts'
import { qualified, quoteIdent } from '../../sql.ts'
import { membersOf, type IdentityFacts, type IdentityIndex, type PublishedTable } from './identity-facts.ts'

/**
 * How online mode keeps a table's rows in step, in the order of preference:
 * - `key`: its replica identity is a key, or becomes one by `changes`;
 * - `full`: the whole old row is the identity, by which the target searches;
 * - `pause`: UPDATE and DELETE cannot be replicated, so it is not published but copied while nobody writes.
 */
export interface IdentityRule {
  kind: 'key' | 'full' | 'pause'
  /** What has to be changed on the source first; empty where the rule holds as it is. */
  changes: readonly IdentityChange[]
  /** Of `full`: how the target finds a row. Undefined for the others. */
  search: Search | undefined
  /** Of `pause`: why FULL does not work, as clauses: `there is no equality for payload json`. */
  because: readonly string[]
}

/** Whether the target finds the row of a FULL identity by the primary key, by another index, or by reading the table. */
export type Search = 'key' | 'index' | 'scan'

export interface IdentityChange {
  table: IdentityFacts
  to: { kind: 'default' } | { kind: 'full' } | { kind: 'index'; index: string }
}

/**
 * The rule for one table. The identity that a table has is kept where it works; a partitioned table and all its
 * partitions get the same one, since the source logs a partition's old row by the partition's identity and announces it
 * by the identity of the table that is published.
 *
 * PostgreSQL: relcache.c (RelationGetIndexList), execReplication.c (CheckCmdReplicaIdentity, tuples_equal),
 * logical/relation.c (FindLogicalRepLocalIndex).
 */
export function identityRule(published: PublishedTable, pair: Majors): IdentityRule {
  const members = membersOf(published)
  const because = againstFull(published, pair)
  const full = (): IdentityRule => ({
    kind: 'full',
    changes: members.filter(({ identity }) => identity !== 'f').map((table) => ({ table, to: { kind: 'full' } })),
    search: worstSearch(members, pair.target.major),
    because: [],
  })
  if (because.length === 0 && members.every(({ identity }) => identity === 'f')) return full()
  const keys = members.map(keyOf).filter((key) => key !== undefined)
  if (keys.length === members.length) {
    return { kind: 'key', changes: keys.filter((key) => key !== 'as it is'), search: undefined, because: [] }
  }
  return because.length === 0 ? full() : { kind: 'pause', changes: [], search: undefined, because }
}

/** The two servers, as far as the rule depends on them. */
export interface Majors {
  source: { major: number }
  target: { major: number }
}

/**
 * Why a table cannot be replicated by whole rows, there or back. Generated columns are not published, and both sides have the
 * same ones: an 18 that publishes refuses UPDATE and DELETE (CheckCmdReplicaIdentity), and after the cutover the target
 * publishes for the way back. On the side that applies, a primary key over one is an error; and by another index
 * with one among its columns no row is found, and replication goes on without a word (seen on 17).
 */
export function againstFull(published: PublishedTable, pair: Majors): string[] {
  return [...new Set(membersOf(published).flatMap((member) => flawsOfFull(member, pair)))]
}

function flawsOfFull(table: IdentityFacts, { source, target }: Majors): string[] {
  const { incomparable, generated, indexes } = table
  const primary = indexes.find((index) => index.primary && index.valid && index.immediate)
  const because =
    incomparable.length > 0 && searchOf(table, target.major) !== 'key'
      ? [`there is no equality for ${incomparable.join(', ')}`]
      : []
  if (generated.length === 0) return because
  if (source.major >= 18 || target.major >= 18) {
    return [
      ...because,
      `PostgreSQL 18 refuses UPDATE and DELETE, as it has generated columns (${generated.join(', ')})`,
    ]
  }
  if (primary?.generated === true) return [...because, 'the primary key is over a generated column']
  if (primary !== undefined) return because
  const blind = indexes.find(
    (index) => index.generated && [source, target].some(({ major }) => isSearched(index, major)),
  )
  return blind === undefined
    ? because
    : [...because, `rows would be searched by index ${blind.name}, which has a generated column, and not be found`]
}

/** The statements of a rule's changes and of what takes them back. */
export function changeSql(changes: readonly IdentityChange[]): { sql: string; undo: string } {
  return {
    sql: changes.map(({ table, to }) => alter(table, to)).join('\n'),
    undo: changes.map(({ table }) => alter(table, identityNow(table))).join('\n'),
  }
}

/** Why an index that is meant to be the identity is none: `it is deferrable`. */
export function flawsOf(index: IdentityIndex): string[] {
  const flaws = [
    index.valid ? undefined : 'invalid',
    index.unique ? undefined : 'not unique',
    index.immediate ? undefined : 'deferrable',
    index.partial ? 'partial' : undefined,
    index.expressions ? 'over expressions' : undefined,
    index.nullable ? 'over columns that may be null' : undefined,
    index.generated ? 'over generated columns, which are not published' : undefined,
  ]
  return flaws.filter((flaw) => flaw !== undefined)
}

function keyOf(table: IdentityFacts): IdentityChange | 'as it is' | undefined {
  if (table.key !== null) return 'as it is'
  const index = table.indexes.find((candidate) => flawsOf(candidate).length === 0)
  if (index === undefined) return undefined
  return { table, to: index.primary ? { kind: 'default' } : { kind: 'index', index: index.name } }
}

function worstSearch(members: readonly IdentityFacts[], major: number): Search {
  // A partitioned table has no rows of its own to search.
  const held = members.filter(({ kind }) => kind === 'r').map((member) => searchOf(member, major))
  return held.includes('scan') ? 'scan' : held.includes('index') ? 'index' : 'key'
}

/**
 * The target's table has the same indexes and the same identity. It is searched by its primary key if there is one, by any
 * btree index from 16, by any hash index from 17 (IsIndexUsableForReplicaIdentityFull), else row by row.
 */
function searchOf({ key, indexes }: IdentityFacts, major: number): Search {
  if (key !== null || indexes.some((index) => index.primary && flawsOf(index).length === 0)) return 'key'
  return indexes.some((index) => isSearched(index, major)) ? 'index' : 'scan'
}

function isSearched({ method, valid, partial, leading }: IdentityIndex, major: number): boolean {
  const methods = major >= 17 ? ['btree', 'hash'] : major >= 16 ? ['btree'] : []
  return methods.includes(method) && valid && !partial && leading
}

function identityNow({ identity, indexes, key }: IdentityFacts): { kind: Now } | { kind: 'index'; index: string } {
  const named = indexes.find((index) => index.identity)?.name ?? key
  switch (identity) {
    case 'd':
      return { kind: 'default' }
    case 'f':
      return { kind: 'full' }
    case 'n':
      return { kind: 'nothing' }
    case 'i':
      // Without its index, which was dropped, it is as good as nothing.
      return named === null ? { kind: 'nothing' } : { kind: 'index', index: named }
    default:
      return unreachable(identity)
  }
}

type Now = 'default' | 'full' | 'nothing'

function alter({ schema, name }: IdentityFacts, to: { kind: Now } | { kind: 'index'; index: string }): string {
  const identity = to.kind === 'index' ? `USING INDEX ${quoteIdent(to.index)}` : to.kind.toUpperCase()
  return `ALTER TABLE ${qualified(schema, name)} REPLICA IDENTITY ${identity};`
}
