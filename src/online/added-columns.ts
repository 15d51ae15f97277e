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
  /** Whether the default is the same whenever it is evaluated; null where there is none. */
  constant: boolean | null
  /** Those that belong to it, as `schema.name`. */
  sequences: string[] | null
}

/** `filled`: there are rows, and none of them has NULL in the column. */
export type Filling = 'filled' | 'not filled'

/** What it takes to give the other side's table a column that this side's has. */
export type AddedColumn =
  | { column: ColumnRow; kind: 'sql'; early: string[]; late: string[] }
  | { column: ColumnRow; kind: 'by hand'; why: string }

/** Pure: the columns of tables on both sides that only the active side has. */
export function columnsOnlyIn(active: readonly ColumnRow[], passive: readonly ColumnRow[]): ColumnRow[] {
  const tableKey = ({ schema, table }: ColumnRow) => qualified(schema, table)
  const key = (column: ColumnRow) => `${tableKey(column)}.${quoteIdent(column.name)}`
  const tables = new Set(passive.map(tableKey))
  const columns = new Set(passive.map(key))
  return active.filter((column) => tables.has(tableKey(column)) && !columns.has(key(column)))
}

/** Whether it takes a look at the rows to say what they got when the column was added. */
export function needsFilling({ identity, generated, missing, default: byDefault }: ColumnRow): boolean {
  return identity === '' && generated === '' && missing === null && byDefault !== null
}

/**
 * The rows that are there have to get the values that they have on the active side, where the default was evaluated when the
 * column was added: so that value is the default at first. Rows that were written before and are still on their way get it too
 * (worker.c, slot_fill_defaults): so the default of today, and NOT NULL without a value, wait until the stream has brought them.
 *
 * Where a rewrite of the table has removed that value, the rows tell: those of a column that was added with a default have no
 * NULL but what was written since, which the stream brings. Had the default been another then, the proof finds it.
 */
export function addColumn(column: ColumnRow, filling: Filling): AddedColumn {
  const { schema, table, name, type, collation, not_null: notNull, identity, generated, missing, constant } = column
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
  const change = `${alter} ALTER COLUMN ${quoteIdent(name)}`
  const setDefault = column.default === null ? [] : [`${change} SET DEFAULT ${column.default}`]
  const withValue = (value: string) => `${add} DEFAULT ${value}${notNull ? ' NOT NULL' : ''}`
  if (missing !== null) {
    const late = setDefault.length > 0 ? setDefault : [`${change} DROP DEFAULT`]
    return { column, kind: 'sql', early: [withValue(quoteLiteral(missing))], late }
  }
  if (column.default !== null && filling === 'filled') {
    return constant === true
      ? { column, kind: 'sql', early: [withValue(column.default)], late: [] }
      : { column, kind: 'by hand', why: `its default ${column.default} may have given every row a value of its own` }
  }
  return { column, kind: 'sql', early: [add], late: [...setDefault, ...(notNull ? [`${change} SET NOT NULL`] : [])] }
}
