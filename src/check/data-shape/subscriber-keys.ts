import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import { listed } from '../names.ts'
import { tableName } from './identity-facts.ts'

interface KeyRow {
  schema: string
  name: string
  /** FULL: a source sends all columns. */
  whole_row: boolean
  columns: string[]
}

const KEYS = loadSql(import.meta.url, 'subscriber-keys.sql')

export const subscriberKeys = check<KeyRow, KeyRow>({
  id: 'I05',
  title: 'Tables that are on the target already look for rows by what the source sends',
  severity: 'block',
  paths: ['online'],
  needs: 'target',
  source: {
    probe: async ({ source, target }) =>
      target === undefined || (await target.query(KEYS)).length === 0 ? [] : source.query<KeyRow>(KEYS),
  },
  target: KEYS,
  assess: ({ source, target = [] }) => {
    const sent = new Map(source.filter((row) => !row.whole_row).map((row) => [tableName(row), row.columns]))
    return target.flatMap((row) => {
      const columns = sent.get(tableName(row))
      const missing = row.columns.filter((column) => columns?.includes(column) === false)
      if (columns === undefined || missing.length === 0) return []
      return [
        {
          object: tableName(row),
          message: `On the target its key has ${listed(missing)}, which the source's key (${listed(columns)}) does not send: applying an UPDATE or DELETE fails, again and again.`,
          fix: {
            kind: 'advice' as const,
            text: 'Give both sides the same primary key, or drop the table on the target and let pgleap make it.',
          },
        },
      ]
    })
  },
})
