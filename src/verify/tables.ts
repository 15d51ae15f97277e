import { readTables, type TableFacts } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import { loadSql, qualified } from '../sql.ts'
import type { HashColumn } from './row-hash.ts'

const columnsSql = loadSql(import.meta.url, 'columns.sql')

/** A table of one side, ready to be hashed. */
export interface TableSide {
  facts: TableFacts
  /** Built-in type below any domain, by column; undefined for other types. */
  builtIn: Map<string, string | undefined>
}

/** Tables that hold rows of their own, by `schema.name`. Materialized views hold what their query gives: not compared. */
export async function readTableSides(
  session: Session,
  wanted: (table: TableFacts) => boolean,
): Promise<{ tables: Map<string, TableSide>; leftOut: Set<number> }> {
  const all = await readTables(session)
  const leftOut = new Set(all.filter((table) => !wanted(table)).map(({ oid }) => oid))
  const tables = all.filter(
    ({ oid, kind, schema }) => kind === 'table' && !OUR_SCHEMAS.has(schema) && !leftOut.has(oid),
  )
  const sides = new Map<number, TableSide>(tables.map((facts) => [facts.oid, { facts, builtIn: new Map() }]))
  const rows = await session.query<{ table_oid: number; name: string; built_in: string | null }>(columnsSql, [
    [...sides.keys()],
  ])
  for (const row of rows) sides.get(row.table_oid)?.builtIn.set(row.name, row.built_in ?? undefined)
  return { tables: new Map([...sides.values()].map((side) => [tableLabel(side.facts), side])), leftOut }
}

/** Where a run keeps its record on the target (D3). */
const OUR_SCHEMAS = new Set(['pgleap', 'pgleap_online'])

export function tableLabel({ schema, name }: { schema: string; name: string }): string {
  return `${schema}.${name}`
}

/** Columns that both sides have, in the source's order. */
export function commonColumns(source: TableSide, target: TableSide): HashColumn[] {
  return [...source.builtIn]
    .filter(([name]) => target.builtIn.has(name))
    .map(([name, type]) => ({ name, builtIn: type === target.builtIn.get(name) ? type : undefined }))
}

/** Names the columns that only one side has; undefined where both have the same ones. */
export function describeColumns(source: TableSide, target: TableSide): string | undefined {
  const missing = [...source.builtIn.keys()].filter((name) => !target.builtIn.has(name))
  const extra = [...target.builtIn.keys()].filter((name) => !source.builtIn.has(name))
  const parts = [
    ...(missing.length === 0 ? [] : [`columns missing on the target: ${missing.join(', ')}`]),
    ...(extra.length === 0 ? [] : [`columns that only the target has: ${extra.join(', ')}`]),
  ]
  return parts.length === 0 ? undefined : parts.join('; ')
}

/** Which rows of a table are compared: all, or those that its extension asks to be dumped. */
export interface RowsOf {
  from: string
  /** SQL conditions that hold for them, all together. */
  where: string[]
}

export function rowsOf({ schema, name, extension }: TableFacts): RowsOf {
  const condition = extension?.configCondition.trim().replace(/^where\b/i, '') ?? ''
  // ONLY: a table's children are tables of their own.
  return { from: `ONLY ${qualified(schema, name)}`, where: condition === '' ? [] : [`(${condition})`] }
}

export function whereClause(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
}
