import type { TableFacts } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import { loadSql, qualified, quoteIdent } from '../sql.ts'
import type { KeyBoundaries } from './parts.ts'

const histogramSql = loadSql(import.meta.url, 'key-boundaries-histogram.sql')

/** Blocks to look at where there are no statistics. */
const SAMPLE_BLOCKS = 200

/**
 * Finds where to cut a table into `parts` of about equal numbers of rows by one key column: from the column's histogram,
 * else from a sample of the table's blocks. Any boundaries cut the table exactly, as the key is never NULL; good ones cut it
 * evenly. Undefined where nothing is known of the table's rows.
 */
export async function readKeyBoundaries(
  session: Session,
  table: Pick<TableFacts, 'schema' | 'name' | 'blocks'>,
  { column, type, parts }: { column: string; type: string; parts: number },
): Promise<KeyBoundaries | undefined> {
  const [histogram] = await session.query<{ bounds: string[] }>(histogramSql, [table.schema, table.name, column])
  const known = histogram?.bounds ?? (await sample(session, table, column))
  const values = evenly(known, parts)
  return values.length === 0 ? undefined : { column, type, values }
}

/** The sorted distinct keys of a few of the table's blocks. */
async function sample(
  session: Session,
  table: Pick<TableFacts, 'schema' | 'name' | 'blocks'>,
  column: string,
): Promise<string[]> {
  const percent = Math.min(100, (100 * SAMPLE_BLOCKS) / Math.max(table.blocks, 1))
  const key = quoteIdent(column)
  const found = await session.query<{ value: string }>(
    `SELECT ${key}::text AS value
       FROM ONLY ${qualified(table.schema, table.name)} TABLESAMPLE SYSTEM (${String(percent)})
      ORDER BY ${key}`,
  )
  return found.map((row) => row.value)
}

/** `parts - 1` of the values, evenly spread, without the two at the ends. */
function evenly(values: readonly string[], parts: number): string[] {
  const step = (values.length - 1) / parts
  const picked = Array.from({ length: parts - 1 }, (_, index) => values[Math.round(step * (index + 1))])
  return [...new Set(picked.filter((value) => value !== undefined))]
}
