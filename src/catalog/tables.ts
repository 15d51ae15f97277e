import type { Session } from '../connection/index.ts'
import { type TypeRow, binarySafeTypes } from './binary-types.ts'
import type { ColumnFacts, TableFacts } from './facts.ts'
import { statement } from './statements.ts'

const tablesSql = statement('tables')
const columnsSql = statement('columns', [11])
const keysSql = statement('keys', [10])
const sizesSql = statement('sizes')
const typesSql = statement('types')

/** A relation by its OID and names; what locking it takes. */
export type TableRef = Pick<TableFacts, 'oid' | 'schema' | 'name' | 'kind'>

interface TableRow {
  oid: number
  schema: string
  name: string
  kind: 'r' | 'p' | 'f' | 'm'
  persistence: string
  access_method: string | null
  owner: string
  is_partition: boolean
  row_security: boolean
  estimated_rows: number | null
  extension: string | null
  config_condition: string | null
}

interface ColumnRow {
  table_oid: number
  name: string
  type_oid: number
  type: string
  generated: '' | 's' | 'v'
  identity: '' | 'a' | 'd'
  not_null: boolean
}

interface SizeRow {
  oid: number
  heap_bytes: number
  toast_bytes: number
  index_bytes: number
  block_size: number
}

const KINDS = { r: 'table', p: 'partitioned', f: 'foreign', m: 'materialized-view' } as const
const GENERATED = { '': 'no', s: 'stored', v: 'virtual' } as const
const IDENTITY = { '': 'no', a: 'always', d: 'by-default' } as const

/** The relations that `readTables` would read, without waiting for any lock: what to lock before it measures them. */
export async function listTables(session: Session): Promise<TableRef[]> {
  const rows = await session.query<TableRow>(tablesSql(session.major))
  return rows.map((row) => ({ oid: row.oid, schema: row.schema, name: row.name, kind: KINDS[row.kind] }))
}

/**
 * Every table, partitioned table, foreign table and materialized view of the database, but for system schemas and for
 * members of extensions whose rows the extension does not ask for. Ordered by schema and name. Sizes are of this moment,
 * not of the snapshot; reading them waits for whoever holds a table exclusively, so hold locks first (`holdTables`).
 */
export async function readTables(session: Session): Promise<TableFacts[]> {
  const tables = await session.query<TableRow>(tablesSql(session.major))
  const oids = [tables.map((table) => table.oid)]
  const columns = await readColumns(session, oids)
  const keys = await readKeys(session, oids, columns)
  const sizes = await session.query<SizeRow>(sizesSql(session.major), oids)
  const sizeOf = new Map(sizes.map((size) => [size.oid, size]))

  return tables.map((table) => {
    const size = sizeOf.get(table.oid)
    return {
      oid: table.oid,
      schema: table.schema,
      name: table.name,
      kind: KINDS[table.kind],
      persistence: table.persistence === 'u' ? 'unlogged' : 'permanent',
      accessMethod: table.access_method ?? undefined,
      owner: table.owner,
      isPartition: table.is_partition,
      blocks: size === undefined ? 0 : Math.ceil(size.heap_bytes / size.block_size),
      heapBytes: size?.heap_bytes ?? 0,
      toastBytes: size?.toast_bytes ?? 0,
      indexBytes: size?.index_bytes ?? 0,
      estimatedRows: table.estimated_rows ?? undefined,
      rowSecurity: table.row_security,
      columns: columns.get(table.oid) ?? [],
      key: keys.get(table.oid),
      extension:
        table.extension === null ? undefined : { name: table.extension, configCondition: table.config_condition ?? '' },
    }
  })
}

async function readColumns(session: Session, oids: readonly unknown[]): Promise<Map<number, ColumnFacts[]>> {
  const safe = await readBinarySafeTypes(session)
  const byTable = new Map<number, ColumnFacts[]>()
  for (const row of await session.query<ColumnRow>(columnsSql(session.major), oids)) {
    const column: ColumnFacts = {
      name: row.name,
      typeOid: row.type_oid,
      type: row.type,
      generated: GENERATED[row.generated],
      identity: IDENTITY[row.identity],
      notNull: row.not_null,
      binarySafe: safe.has(row.type_oid),
    }
    const columns = byTable.get(row.table_oid)
    if (columns === undefined) byTable.set(row.table_oid, [column])
    else columns.push(column)
  }
  return byTable
}

/** The best key of each table: only columns that are never NULL tell every row from every other. */
async function readKeys(
  session: Session,
  oids: readonly unknown[],
  columns: ReadonlyMap<number, readonly ColumnFacts[]>,
): Promise<Map<number, string[]>> {
  const best = new Map<number, string[]>()
  for (const key of await session.query<{ table_oid: number; columns: string[] }>(keysSql(session.major), oids)) {
    const notNull = columns.get(key.table_oid)?.filter((column) => column.notNull) ?? []
    const isKey = key.columns.every((name) => notNull.some((column) => column.name === name))
    if (isKey && !best.has(key.table_oid)) best.set(key.table_oid, key.columns)
  }
  return best
}

async function readBinarySafeTypes(session: Session): Promise<Set<number>> {
  const [encoding] = await session.query<{ server_encoding: string }>('SHOW server_encoding')
  const rows = await session.query<{
    oid: number
    name: string
    kind: string
    built_in: boolean
    inner_oid: number
  }>(typesSql(session.major))
  const types: TypeRow[] = rows.map(({ built_in, inner_oid, ...row }) => ({
    ...row,
    builtIn: built_in,
    innerOid: inner_oid,
  }))
  return binarySafeTypes(types, { major: session.major, encoding: encoding?.server_encoding ?? '' })
}
