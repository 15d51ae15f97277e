import type { Session } from '../connection/index.ts'
import { loadSql, qualified, quoteIdent } from '../sql.ts'
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
  /** One clause for people: `no key, and 12 kB are copied at once`. */
  why: string
  /** The WHERE of an extension's configuration table; its other rows are the extension's. */
  condition?: string
}

export interface TableRow {
  schema: string
  name: string
  unlogged: boolean
  /** pg_class.relreplident: d(efault), i(ndex), f(ull), n(othing). */
  identity: string
  bytes: number
  has_key: boolean
  has_identity_index: boolean
  usable_index: string | null
  incomparable_column: string | null
  extension: string | null
  extension_condition: string | null
}

export interface RuledTable {
  rule: TableRule
  /** What has to be changed on the source before it is published: else its own UPDATE and DELETE would fail. */
  change?: { sql: string } & Change
}

/** Tables without a key up to this size are rather copied in the pause than streamed with all of their columns as identity. */
const COPIED_IN_PAUSE_BYTES = 8 * 1024 * 1024

/** Reads the tables of the active side and decides for each; tables of extensions that ask for no rows are left out. */
export async function readTableRules(active: Session): Promise<RuledTable[]> {
  const rows = await active.query<TableRow>(TABLES)
  return rows.flatMap((row) => ruleFor(row) ?? [])
}

/**
 * Nothing is published whose UPDATE or DELETE would then fail on the source (PostgreSQL docs, "Publication": a published
 * table needs a replica identity), and no FULL identity whose columns the subscriber cannot compare, on which its worker would
 * fail for ever (execReplication.c, tuples_equal).
 */
export function ruleFor(row: TableRow): RuledTable | undefined {
  const { schema, name } = row
  const paused = (why: string): RuledTable => ({
    rule: {
      schema,
      name,
      rule: 'paused',
      identity: 'none',
      why,
      ...(row.extension_condition === null ? {} : { condition: row.extension_condition }),
    },
  })
  const streamed = (identity: 'key' | 'index' | 'full', why: string): RuledTable => ({
    rule: { schema, name, rule: 'streamed', identity, why },
  })
  if (row.extension !== null) {
    return row.extension_condition === null ? undefined : paused(`belongs to extension ${row.extension}`)
  }
  if (row.unlogged) return paused('unlogged tables cannot be published')
  if (row.identity === 'd' && row.has_key) return streamed('key', 'primary key')
  if (row.identity === 'i' && row.has_identity_index) return streamed('index', 'its replica identity is an index')
  if (row.identity === 'f' && row.incomparable_column === null) return streamed('full', 'its replica identity is FULL')
  if (row.identity !== 'd') {
    return paused(row.identity === 'f' ? incomparable(row) : 'its replica identity is NOTHING')
  }
  const table = qualified(schema, name)
  const undo = `ALTER TABLE ${table} REPLICA IDENTITY DEFAULT`
  const change = (sql: string) => ({
    side: 'source' as const,
    what: `replica identity of ${schema}.${name}`,
    sql,
    undo,
  })
  if (row.usable_index !== null) {
    return {
      ...streamed('index', `no primary key; unique index ${row.usable_index}`),
      change: change(`ALTER TABLE ${table} REPLICA IDENTITY USING INDEX ${quoteIdent(row.usable_index)}`),
    }
  }
  if (row.incomparable_column !== null) return paused(`no key, and ${incomparable(row)}`)
  if (row.bytes <= COPIED_IN_PAUSE_BYTES) return paused('no key, and small enough to be copied in the pause')
  return {
    ...streamed('full', 'no key; all of its columns name a row'),
    change: change(`ALTER TABLE ${table} REPLICA IDENTITY FULL`),
  }
}

function incomparable({ incomparable_column: column }: TableRow): string {
  return `column ${quoteIdent(column ?? '')} has a type that cannot be compared`
}
