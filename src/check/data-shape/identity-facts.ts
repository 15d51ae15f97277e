import { isReserved, type Provider } from '../../provider/index.ts'
import { loadSql } from '../../sql.ts'

/** An index that is or could become a table's replica identity, or that the apply worker could search with. */
export interface IdentityIndex {
  name: string
  /** The key's columns; expressions are not among them. */
  columns: string[]
  method: string
  unique: boolean
  primary: boolean
  /** It was named by REPLICA IDENTITY USING INDEX. */
  identity: boolean
  valid: boolean
  /** Checked at once: not of a deferrable constraint. */
  immediate: boolean
  partial: boolean
  expressions: boolean
  /** Its first column is a column, not an expression. */
  leading: boolean
  nullable: boolean
  generated: boolean
}

/** What decides how a table's rows can be found on the other side; a row of identity-facts.sql. */
export interface IdentityFacts {
  oid: number
  schema: string
  name: string
  kind: 'r' | 'p'
  /** pg_class.relreplident: default, nothing, full, or an index. */
  identity: 'd' | 'n' | 'f' | 'i'
  /** For a partition: the partitioned table at the top. */
  root_oid: number | null
  /** The index that is the identity in effect; indexes, incomparable and generated are empty then. */
  key: string | null
  indexes: IdentityIndex[]
  /** Columns whose type has no default equality, each with its type: `payload json`. */
  incomparable: string[]
  /** Generated columns: they are not published. */
  generated: string[]
  /** Estimates of the statistics, 0 where there are none. */
  rows: number
  bytes: number
  /** Rows updated or deleted since the statistics were reset. */
  changes: number
}

/** A table as a publication names it: a plain one, or a partitioned one with its partitions. */
export interface PublishedTable {
  table: IdentityFacts
  /** Empty for a plain table. */
  partitions: readonly IdentityFacts[]
}

const FACTS = loadSql(import.meta.url, 'identity-facts.sql')
const FACTS_11 = loadSql(import.meta.url, 'identity-facts.11.sql')

/** The query that gives a source's IdentityFacts. */
export function identityFactsQuery({ major }: { major: number }): string {
  return major < 12 ? FACTS_11 : FACTS
}

/** Up to 12, partitions can only be published each by itself (release notes of 13, publish_via_partition_root). */
export function publishedTables(
  facts: readonly IdentityFacts[],
  { major, provider }: { major: number; provider: Provider },
): PublishedTable[] {
  const ours = facts.filter(({ schema }) => !isReserved(provider, 'schema', schema))
  if (major < 13) return ours.filter(({ kind }) => kind === 'r').map((table) => ({ table, partitions: [] }))
  const partitions = new Map<number, IdentityFacts[]>()
  for (const fact of ours) {
    if (fact.root_oid === null) continue
    const others = partitions.get(fact.root_oid)
    if (others === undefined) partitions.set(fact.root_oid, [fact])
    else others.push(fact)
  }
  return ours
    .filter(({ root_oid }) => root_oid === null)
    .map((table) => ({ table, partitions: partitions.get(table.oid) ?? [] }))
}

/** All relations whose replica identity matters when the table is published. */
export function membersOf({ table, partitions }: PublishedTable): IdentityFacts[] {
  return [table, ...partitions]
}

/** As a person writes it; waivers match it. */
export function tableName({ schema, name }: { schema: string; name: string }): string {
  return `${schema}.${name}`
}
