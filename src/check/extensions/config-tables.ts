import type { Session } from '../../connection/index.ts'
import { loadSql, qualified } from '../../sql.ts'
import { check } from '../check.ts'

interface ConfigTable {
  extension: string
  schema: string
  table: string
  /** With its WHERE, or ''. */
  condition: string
}

export const configTables = check<ConfigTable>({
  id: 'X08',
  title: 'No extension keeps rows of the user in a table of its own',
  severity: 'error',
  // A copy takes them along, as a dump does; what changes them later is not replicated.
  paths: ['online'],
  source: { probe: ({ source }) => withRows(source) },
  assess: ({ source }) =>
    source.map(({ extension, schema, table }) => ({
      object: `${schema}.${table}`,
      message: `It belongs to the extension ${extension} and holds rows of yours. They are copied once, and changes after that are not replicated: a publication takes no tables of extensions.`,
      fix: {
        kind: 'advice',
        text: `Leave it as it is from the copy until the cutover, or compare it on both sides during the write pause and bring over what changed.`,
      },
    })),
})

const CONFIG_TABLES = loadSql(import.meta.url, 'config-tables.sql')

async function withRows(source: Session): Promise<ConfigTable[]> {
  const found: ConfigTable[] = []
  for (const config of await source.query<ConfigTable>(CONFIG_TABLES)) {
    const sql = `select from ${qualified(config.schema, config.table)} ${config.condition} limit 1`
    if ((await source.query(sql)).length > 0) found.push(config)
  }
  return found
}
