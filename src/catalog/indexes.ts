import type { Session } from '../connection/index.ts'
import type { ConstraintFacts, ForeignKeyFacts, IndexFacts, TableFacts } from './facts.ts'
import { statement } from './statements.ts'

const indexesSql = statement('indexes', [17])
const foreignKeysSql = statement('foreign-keys', [10, 17])

interface IndexRow {
  oid: number
  schema: string
  name: string
  table_oid: number
  definition: string
  bytes: number
  method: string
  is_unique: boolean
  is_valid: boolean
  is_partitioned: boolean
  parent_oid: number | null
  constraint_oid: number | null
  constraint_name: string | null
  constraint_type: 'p' | 'u' | 'x' | null
  is_deferrable: boolean | null
  is_deferred: boolean | null
  is_temporal: boolean
}

interface ForeignKeyRow {
  oid: number
  name: string
  table_oid: number
  referenced_oid: number
  is_validated: boolean
  is_enforced: boolean
  is_temporal: boolean
  is_inherited: boolean
  is_plain: boolean
  definition: string
}

const CONSTRAINT_TYPES = { p: 'primary', u: 'unique', x: 'exclusion' } as const

/** The indexes of these tables, ordered by schema and name: those behind constraints, invalid and partitioned ones included. */
export async function readIndexes(session: Session, tables: readonly Pick<TableFacts, 'oid'>[]): Promise<IndexFacts[]> {
  const rows = await session.query<IndexRow>(indexesSql(session.major), [tables.map((table) => table.oid)])
  return rows.map((row) => ({
    oid: row.oid,
    schema: row.schema,
    name: row.name,
    tableOid: row.table_oid,
    definition: row.definition,
    bytes: row.bytes,
    method: row.method,
    unique: row.is_unique,
    valid: row.is_valid,
    isPartitioned: row.is_partitioned,
    parentOid: row.parent_oid ?? undefined,
    constraint: ownConstraint(row),
  }))
}

function ownConstraint(row: IndexRow): ConstraintFacts | undefined {
  if (row.constraint_oid === null || row.constraint_name === null || row.constraint_type === null) return undefined
  return {
    oid: row.constraint_oid,
    name: row.constraint_name,
    type: CONSTRAINT_TYPES[row.constraint_type],
    deferrable: row.is_deferrable === true,
    deferred: row.is_deferred === true,
    temporal: row.is_temporal,
  }
}

/** The foreign keys that these tables declare (not those that point at them), in the order of their OIDs. */
export async function readForeignKeys(
  session: Session,
  tables: readonly Pick<TableFacts, 'oid'>[],
): Promise<ForeignKeyFacts[]> {
  const rows = await session.query<ForeignKeyRow>(foreignKeysSql(session.major), [tables.map((table) => table.oid)])
  return rows.map((row) => ({
    oid: row.oid,
    name: row.name,
    tableOid: row.table_oid,
    referencedOid: row.referenced_oid,
    validated: row.is_validated,
    enforced: row.is_enforced,
    temporal: row.is_temporal,
    inherited: row.is_inherited,
    definition: row.definition,
    plain: row.is_plain,
  }))
}
