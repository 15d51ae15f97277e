import type { TableFacts } from '../catalog/index.ts'
import { findDifferences, type BothReaders } from './narrow.ts'
import { mayBeUnknown, reasonOf } from './reason.ts'
import type { RowDifference, TableVerdict } from './result.ts'
import { type HashDialect, rowHash } from './row-hash.ts'
import { type TableSide, commonColumns, describeColumns, tableLabel } from './tables.ts'
import { allSettled } from './settled.ts'
import { readTotals } from './totals.ts'

export interface ContentOptions {
  mode: 'full' | 'counts'
  dialect: HashDialect
  majors: { source: number; target: number }
  /** How many differing rows of a table are listed. */
  maxDifferences: number
  signal: AbortSignal
}

/** Compares the rows of one table. Never throws but where the signal fired: what cannot be read is UNKNOWN. */
export async function compareTable(
  readers: BothReaders,
  source: TableSide,
  target: TableSide | undefined,
  options: ContentOptions,
): Promise<TableVerdict> {
  if (target === undefined) return verdictOn(source.facts, 'DIFFERENT', { detail: 'missing on the target' })
  try {
    return await compareRows(readers, source, target, options)
  } catch (error) {
    mayBeUnknown(error, options.signal)
    return verdictOn(source.facts, 'UNKNOWN', { detail: reasonOf(error) })
  }
}

async function compareRows(
  readers: BothReaders,
  source: TableSide,
  target: TableSide,
  { mode, dialect, majors, maxDifferences, signal }: ContentOptions,
): Promise<TableVerdict> {
  const columns = commonColumns(source, target)
  const hash = mode === 'counts' ? undefined : rowHash(columns, dialect)
  const [ours, theirs] = await allSettled([
    readTotals(readers.source, source.facts, { major: majors.source, hash }),
    readTotals(readers.target, target.facts, { major: majors.target, hash }),
  ])
  const counts = { rows: Number(ours.rows), targetRows: Number(theirs.rows) }
  const columnsDetail = describeColumns(source, target)
  if (ours.rows === theirs.rows && ours.hash === theirs.hash) {
    return columnsDetail === undefined
      ? verdictOn(source.facts, 'SAME', counts)
      : verdictOn(source.facts, 'DIFFERENT', { ...counts, detail: columnsDetail })
  }
  const detail = [
    ...(columnsDetail === undefined ? [] : [columnsDetail]),
    ...(ours.rows === theirs.rows
      ? []
      : [`${String(ours.rows)} rows on the source, ${String(theirs.rows)} on the target`]),
  ]
  if (mode === 'counts') return verdictOn(source.facts, 'DIFFERENT', { ...counts, detail: detail.join('; ') })

  const rows = ours.rows > theirs.rows ? ours.rows : theirs.rows
  try {
    const table = { source: source.facts, target: target.facts, columns, dialect, rows }
    const differences = await findDifferences(readers, table, maxDifferences)
    detail.push(...differences.map(describeDifference))
    return verdictOn(source.facts, 'DIFFERENT', { ...counts, detail: detail.join('; '), differences })
  } catch (error) {
    mayBeUnknown(error, signal)
    // That they differ is certain; only which rows is not known.
    detail.push(`the differing rows could not be found: ${reasonOf(error)}`)
    return verdictOn(source.facts, 'DIFFERENT', { ...counts, detail: detail.join('; ') })
  }
}

function verdictOn(
  facts: TableFacts,
  verdict: TableVerdict['verdict'],
  rest: Partial<Pick<TableVerdict, 'detail' | 'rows' | 'targetRows' | 'differences'>>,
): TableVerdict {
  const { schema, name } = facts
  return { object: tableLabel(facts), kind: 'table', schema, name, verdict, differences: [], ...rest }
}

function describeDifference({ kind, key, columns, excerpt, count }: RowDifference): string {
  const row =
    key === undefined
      ? `${String(count ?? 1)} x ${excerpt ?? ''}`
      : Object.entries(key)
          .map(([name, value]) => `${name} = ${value}`)
          .join(', ')
  return `${kind}: ${row}${columns === undefined ? '' : ` (${columns.join(', ')})`}`
}
