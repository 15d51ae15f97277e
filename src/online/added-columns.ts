import { qualified, quoteIdent, quoteLiteral } from '../sql.ts'

/** A row of columns.sql. */
export interface ColumnRow {
  schema: string
  table: string
  name: string
  type: string
  collation: string | null
  not_null: boolean
  identity: string
  generated: string
  default: string | null
  missing: string | null
  has_missing: boolean
}

/** What it takes to give the other side's table a column that this side's has. */
export type AddedColumn =
  | { column: ColumnRow; kind: 'sql'; early: string[]; late: string[] }
  | { column: ColumnRow; kind: 'by hand'; why: string }

/** Pure: the columns of tables on both sides that only the active side has. */
export function addedColumns(active: readonly ColumnRow[], passive: readonly ColumnRow[]): AddedColumn[] {
  const tableKey = ({ schema, table }: ColumnRow) => qualified(schema, table)
  const key = (column: ColumnRow) => `${tableKey(column)}.${quoteIdent(column.name)}`
  const tables = new Set(passive.map(tableKey))
  const columns = new Set(passive.map(key))
  return active.filter((column) => tables.has(tableKey(column)) && !columns.has(key(column))).map(addColumn)
}

/**
 * The rows that are there have to get the values that they have on the active side, where the default was evaluated when the
 * column was added: so that value is the default at first. NOT NULL without one waits until the stream has filled the column.
 */
function addColumn(column: ColumnRow): AddedColumn {
  const { schema, table, name, type, collation, not_null: notNull, identity, generated, missing } = column
  const alter = `ALTER TABLE ${qualified(schema, table)}`
  const collate = collation === null ? '' : ` COLLATE ${collation}`
  const add = `${alter} ADD COLUMN ${quoteIdent(name)} ${type}${collate}`
  if (identity !== '') {
    return { column, kind: 'by hand', why: 'an identity column gave the rows that were there numbers of its own' }
  }
  if (generated !== '') {
    const kind = generated === 'v' ? 'VIRTUAL' : 'STORED'
    const sql = `${add} GENERATED ALWAYS AS (${column.default ?? ''}) ${kind}${notNull ? ' NOT NULL' : ''}`
    return { column, kind: 'sql', early: [sql], late: [] }
  }
  const setDefault =
    column.default === null ? [] : [`${alter} ALTER COLUMN ${quoteIdent(name)} SET DEFAULT ${column.default}`]
  if (column.has_missing && missing !== null) {
    const sql = `${add} DEFAULT ${quoteLiteral(missing)}${notNull ? ' NOT NULL' : ''}`
    const reset = [`${alter} ALTER COLUMN ${quoteIdent(name)} DROP DEFAULT`]
    return { column, kind: 'sql', early: [sql, ...(setDefault.length > 0 ? setDefault : reset)], late: [] }
  }
  if (column.default?.includes('(') === true) {
    return { column, kind: 'by hand', why: `its default ${column.default} may have given every row a value of its own` }
  }
  const late = notNull ? [`${alter} ALTER COLUMN ${quoteIdent(name)} SET NOT NULL`] : []
  return { column, kind: 'sql', early: [add, ...setDefault], late }
}
