import { loadSql, qualified } from '../../sql.ts'
import { check, type NewFinding } from '../check.ts'
import { counted, listed, statements } from '../names.ts'
import { tableName } from '../data-shape/index.ts'

interface SequenceRow {
  schema: string
  name: string
  last_value: string | null
  /** The last that it, or the column that it feeds, can give. */
  end_value: string
  /** From 0 to 1; above where the column's limit is passed. */
  used: number | null
  column: string | null
  column_type: string | null
  type: string
  readable: boolean
}

export const sequences = check<SequenceRow>({
  id: 'O29',
  title: 'No sequence is near its end',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  source: loadSql(import.meta.url, 'sequences.sql'),
  assess: ({ source }) => [...source.flatMap(nearEnd), ...unreadable(source.filter(({ readable }) => !readable))],
})

function nearEnd(row: SequenceRow): NewFinding[] {
  const { used, last_value: last } = row
  if (!row.readable || used === null || last === null) return []
  const feeds = row.column === null ? '' : `, which feeds ${row.column} (${row.column_type ?? ''})`
  const sequence = qualified(row.schema, row.name)
  return [
    {
      severity: used > 0.95 ? 'error' : 'warning',
      object: `sequence ${tableName(row)}`,
      message: `It stands at ${last} of ${row.end_value} (${(used * 100).toFixed(used > 0.99 ? 2 : 0)} %)${feeds}; after the last value, inserts fail. The target goes on from the same value, or higher with an offset.`,
      fix:
        row.type === 'bigint' || row.column_type === 'integer' || row.column_type === 'smallint'
          ? {
              kind: 'advice',
              text: `Widen ${row.column ?? 'what it feeds'} to bigint (ALTER TABLE ... ALTER COLUMN ... TYPE bigint rewrites the table: best on the target before it opens, or with a second column).`,
            }
          : {
              kind: 'sql',
              side: 'source',
              sql: `ALTER SEQUENCE ${sequence} AS bigint;`,
              undo: `ALTER SEQUENCE ${sequence} AS ${row.type};`,
            },
    },
  ]
}

function unreadable(rows: readonly SequenceRow[]): NewFinding[] {
  if (rows.length === 0) return []
  const grants = rows.map(({ schema, name }) => `GRANT SELECT ON SEQUENCE ${qualified(schema, name)} TO CURRENT_USER`)
  return [
    {
      message: `Our role may not read ${counted(rows.length, 'sequence')}: ${listed(rows.map(tableName))}. How near their end they are is not known.`,
      fix: { kind: 'advice', text: `As their owner, with our role for CURRENT_USER: ${statements(...grants)}` },
    },
  ]
}
