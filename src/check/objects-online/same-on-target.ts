import { loadSql } from '../../sql.ts'
import { check, type NewFinding, type ProbeEnds } from '../check.ts'
import { listed } from '../names.ts'
import { tableName } from '../data-shape/index.ts'

interface Column {
  type: string
  not_null: boolean
  /** Something makes a value where none is given. */
  default: boolean
}

interface ColumnsRow {
  schema: string
  name: string
  columns: Record<string, Column>
}

const COLUMNS = loadSql(import.meta.url, 'same-columns.sql')
const TYPES = loadSql(import.meta.url, 'same-types.sql')

export const sameColumns = check<ColumnsRow, ColumnsRow>({
  id: 'O27',
  title: 'Tables that are on the target already have the columns of the source',
  severity: 'block',
  paths: ['online'],
  needs: 'target',
  source: { probe: (ends) => whereTargetHasSome(ends, COLUMNS) },
  target: COLUMNS,
  assess: ({ source, target = [] }) =>
    pairs(source, target).flatMap(({ here, there }) => {
      const differences = columnDifferences(here.columns, there.columns)
      if (differences.length === 0) return []
      return [
        {
          object: tableName(there),
          message: `On the target the table is there and differs: ${listed(differences)}. Columns are matched by name; a change that does not fit stops replication.`,
          fix: {
            kind: 'advice' as const,
            text: 'Make them alike on the target, or drop the table there and let pgleap make it.',
          },
        },
      ]
    }),
})

/** What makes the target refuse rows of the source. */
function columnDifferences(here: Record<string, Column>, there: Record<string, Column>): string[] {
  const missing = Object.entries(here).flatMap(([name, column]) => {
    const other = there[name]
    if (other === undefined) return [`column ${name} is missing`]
    if (other.type !== column.type) return [`${name} is ${other.type}, not ${column.type}`]
    return other.not_null && !column.not_null ? [`${name} is NOT NULL`] : []
  })
  const surplus = Object.entries(there)
    .filter(([name, column]) => here[name] === undefined && column.not_null && !column.default)
    .map(([name]) => `column ${name} is NOT NULL, has no default, and is not on the source`)
  return [...missing, ...surplus]
}

interface TypeRow {
  schema: string
  name: string
  kind: 'enum' | 'domain'
  made_of: string[]
}

export const sameTypes = check<TypeRow, TypeRow>({
  id: 'O28',
  title: 'Enums and domains that are on the target already are those of the source',
  severity: 'warning',
  paths: ['online'],
  needs: 'target',
  source: { probe: (ends) => whereTargetHasSome(ends, TYPES) },
  target: TYPES,
  assess: ({ source, target = [] }) => pairs(source, target).flatMap(({ here, there }) => typeDifference(here, there)),
})

function typeDifference(here: TypeRow, there: TypeRow): NewFinding[] {
  if (JSON.stringify(here.made_of) === JSON.stringify(there.made_of)) return []
  const missing = here.made_of.filter((label) => !there.made_of.includes(label))
  const enumSays =
    missing.length > 0
      ? `the labels ${listed(missing)} are missing on the target: rows with them cannot be applied`
      : `its labels have another order, or there are more of them, on the target: comparisons and ORDER BY give other results`
  const domainSays = `it is ${listed(here.made_of)} on the source, and ${listed(there.made_of)} on the target`
  return [
    {
      severity: missing.length > 0 ? 'error' : 'warning',
      object: `${there.kind} ${tableName(there)}`,
      message: `It is on both servers and differs: ${there.kind === 'enum' ? enumSays : domainSays}.`,
      fix: {
        kind: 'advice',
        text: 'Make it alike on the target (ALTER TYPE ... ADD VALUE ... BEFORE or AFTER), or drop it there and let pgleap make it.',
      },
    },
  ]
}

/** Where the target has nothing of the kind, the source need not be asked. */
async function whereTargetHasSome<Row extends object>({ source, target }: ProbeEnds, sql: string): Promise<Row[]> {
  if (target === undefined || (await target.query(sql)).length === 0) return []
  return source.query<Row>(sql)
}

function pairs<Row extends { schema: string; name: string }>(
  source: readonly Row[],
  target: readonly Row[],
): { here: Row; there: Row }[] {
  const byName = new Map(source.map((row) => [tableName(row), row]))
  return target.flatMap((there) => {
    const here = byName.get(tableName(there))
    return here === undefined ? [] : [{ here, there }]
  })
}
