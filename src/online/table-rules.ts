import { changeSql, identityFactsQuery, identityRule, type IdentityFacts, type IdentityRule } from '../check/index.ts'
import type { Session } from '../connection/index.ts'
import { unreachable } from '../errors.ts'
import { isReserved, type Provider } from '../provider/index.ts'
import { loadSql } from '../sql.ts'
import { formatBytes } from '../units.ts'
import type { Change } from './record.ts'

const TABLES = loadSql(import.meta.url, 'tables.sql')

/** How the changes of one table travel, and why. */
export interface TableRule {
  schema: string
  name: string
  /** `streamed`: by logical replication. `paused`: copied anew while writes are stopped. */
  rule: 'streamed' | 'paused'
  /** What names a row of a streamed table. */
  identity: 'key' | 'index' | 'full' | 'none'
  /** One clause for people: `no key, and 12 kB are copied in the pause`. */
  why: string
  /** The WHERE of an extension's configuration table; its other rows are the extension's. */
  condition?: string
  /**
   * Of a paused table whose TRUNCATE is streamed all the same: it has foreign keys, and where it is truncated together with
   * what they reference, the other side would refuse to truncate that alone (tablecmds.c, heap_truncate_check_FKs).
   */
  truncate?: 'streamed'
}

/** A row of tables.sql. */
export interface TableRow {
  oid: number
  schema: string
  name: string
  /** pg_class.relkind: table, materialized view, foreign table. */
  kind: 'r' | 'm' | 'f'
  unlogged: boolean
  bytes: number
  /** We have the rights of its owner. */
  ours: boolean
  owner: string
  has_foreign_key: boolean
  has_generated: boolean
  extension: string | null
  extension_condition: string | null
}

export interface RuledTable {
  rule: TableRule
  bytes: number
  generated: 'some' | 'none'
  /** What has to be changed on the source before it is published: else its own UPDATE and DELETE would fail. */
  change?: { sql: string } & Pick<Change, 'what' | 'undo'>
}

/** A relation whose rows do not travel, and why. */
export interface UnruledTable {
  schema: string
  name: string
  why: string
}

export interface TableRules {
  ruled: RuledTable[]
  leftOut: UnruledTable[]
}

/** What the rules depend on beside the active side's tables. */
export interface RuleContext {
  source: { major: number; provider: Provider }
  target: { major: number }
}

/** Tables without a key up to this size are rather copied in the pause than streamed with all of their columns as identity. */
const COPIED_IN_PAUSE_BYTES = 8 * 1024 * 1024

/** Reads the tables of the active side and decides for each. */
export async function readTableRules(active: Session, context: RuleContext): Promise<TableRules> {
  const rows = await active.query<TableRow>(TABLES)
  const identities = await active.query<IdentityFacts>(identityFactsQuery(active))
  const byOid = new Map(identities.map((facts) => [facts.oid, facts]))
  const ruled: RuledTable[] = []
  const leftOut: UnruledTable[] = []
  for (const row of rows) {
    const decided = ruleFor(row, byOid.get(row.oid), context)
    if (typeof decided === 'string') leftOut.push({ schema: row.schema, name: row.name, why: decided })
    else ruled.push(decided)
  }
  return { ruled, leftOut }
}

/** The copy carries a changed replica identity over, and the way back needs it there. */
export function changesFor(ruled: readonly RuledTable[]): Change[] {
  return ruled.flatMap(({ change, rule: { schema, name } }) =>
    change === undefined
      ? []
      : (['source', 'target'] as const).map((side) => ({
          side,
          what: change.what,
          undo: change.undo,
          table: { schema, name },
        })),
  )
}

/**
 * The rule for one table, or why it has none. Every table that holds rows is published by itself, partitions and children too
 * (`FOR TABLE ONLY`), so each follows its own identity.
 *
 * Nothing is published whose UPDATE or DELETE would then fail on the source (PostgreSQL docs, "Publication": a published
 * table needs a replica identity), and no FULL identity whose columns the subscriber cannot compare, on which its worker would
 * fail for ever (execReplication.c, tuples_equal).
 */
export function ruleFor(row: TableRow, facts: IdentityFacts | undefined, context: RuleContext): RuledTable | string {
  if (isReserved(context.source.provider, 'schema', row.schema)) return 'its schema belongs to the provider'
  if (row.kind === 'f') return 'foreign table: its rows are on another server'
  if (row.kind === 'm') return 'materialized view: filled by REFRESH, on either side'
  if (row.extension !== null) {
    return row.extension_condition === null
      ? `belongs to extension ${row.extension}, which fills it itself`
      : paused(row, `configuration of extension ${row.extension}`)
  }
  if (row.unlogged) return paused(row, 'unlogged tables cannot be published')
  if (!row.ours) return paused(row, `only its owner ${row.owner} may publish it`)
  if (facts === undefined) return paused(row, 'it cannot be published')
  return ruleByIdentity(row, facts, identityRule({ table: facts, partitions: [] }, context))
}

function ruleByIdentity(row: TableRow, facts: IdentityFacts, rule: IdentityRule): RuledTable {
  const [change] = rule.changes
  switch (rule.kind) {
    case 'pause':
      return paused(row, `no key, and ${rule.because.join('; ')}`)
    case 'full':
      if (change === undefined) return streamed(row, 'full', 'its replica identity is FULL')
      return row.bytes <= COPIED_IN_PAUSE_BYTES
        ? paused(row, `no key, and ${formatBytes(row.bytes)} are copied in the pause`)
        : streamed(row, 'full', `no key; all of its columns name a row, found ${SEARCH[rule.search ?? 'scan']}`, rule)
    case 'key': {
      const index = change?.to.kind === 'index' ? change.to.index : undefined
      if (index !== undefined) return streamed(row, 'index', `no primary key; unique index ${index}`, rule)
      if (change !== undefined) return streamed(row, 'key', 'its primary key, which is not its replica identity', rule)
      const isIndex = facts.identity === 'i'
      return streamed(row, isIndex ? 'index' : 'key', isIndex ? `index ${facts.key ?? ''}` : 'primary key')
    }
    default:
      return unreachable(rule.kind)
  }
}

const SEARCH = {
  key: 'by the primary key',
  index: 'by an index',
  scan: 'by reading the whole table',
} as const

function paused(row: TableRow, why: string): RuledTable {
  const { schema, name, extension_condition: condition } = row
  const canPublish = row.ours && !row.unlogged && row.extension === null
  return {
    ...sizeOf(row),
    rule: {
      schema,
      name,
      rule: 'paused',
      identity: 'none',
      why,
      ...(condition === null ? {} : { condition }),
      ...(row.has_foreign_key && canPublish ? { truncate: 'streamed' } : {}),
    },
  }
}

function streamed(row: TableRow, identity: 'key' | 'index' | 'full', why: string, rule?: IdentityRule): RuledTable {
  const { schema, name } = row
  const ruled: RuledTable = { ...sizeOf(row), rule: { schema, name, rule: 'streamed', identity, why } }
  if (rule === undefined || rule.changes.length === 0) return ruled
  const { sql, undo } = changeSql(rule.changes)
  return { ...ruled, change: { what: `replica identity of ${schema}.${name}`, sql, undo } }
}

function sizeOf(row: TableRow): Pick<RuledTable, 'bytes' | 'generated'> {
  return { bytes: row.bytes, generated: row.has_generated ? 'some' : 'none' }
}
