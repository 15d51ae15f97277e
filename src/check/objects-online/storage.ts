import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import { counted, listed } from '../names.ts'

interface AccessMethodRow {
  method: string
  count: number
  /** The first of them. */
  tables: string[]
  /** That brings the method. */
  extension: string
}

export const accessMethods = check<AccessMethodRow, { name: string }>({
  id: 'O38',
  title: 'The target knows every table access method',
  severity: 'error',
  paths: ['offline', 'online', 'files'],
  when: ({ source }) => source.major >= 12,
  source: loadSql(import.meta.url, 'access-methods.sql'),
  target: loadSql(import.meta.url, 'target-access-methods.sql'),
  assess: ({ source, target }) =>
    source
      .filter(
        ({ method, extension }) =>
          target?.some(({ name }) => name === method || name === `extension ${extension}`) !== true,
      )
      .map(({ method, count, tables, extension }) => {
        const there = target === undefined ? 'has to be on the target' : 'is not on the target, and cannot be installed'
        return {
          severity: target === undefined ? ('warning' as const) : ('error' as const),
          object: `access method ${method}`,
          message: `${counted(count, 'table')} (${listed(tables)}) ${count === 1 ? 'is' : 'are'} stored with it. It comes with the extension ${extension}, which ${there}: without it they cannot be created.`,
          fix: {
            kind: 'advice' as const,
            text: 'Install what brings it on the target, or rewrite the tables on the source with ALTER TABLE ... SET ACCESS METHOD heap (15 and newer).',
          },
        }
      }),
})

export const compression = check<{ column: string }, { known: boolean }>({
  id: 'O39',
  title: 'The target was built with the compression of the columns',
  severity: 'warning',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  when: ({ source }) => source.major >= 14,
  source: loadSql(import.meta.url, 'lz4-columns.sql'),
  target: loadSql(import.meta.url, 'lz4-known.sql'),
  assess: ({ source, target }) =>
    source.length === 0 || target?.some(({ known }) => known) === true
      ? []
      : [
          {
            message: `${counted(source.length, 'column')} ${source.length === 1 ? 'is' : 'are'} compressed with lz4, and the target was built without it: ${listed(source.map(({ column }) => column))}. Setting it there fails; the columns keep the default, pglz, and their values arrive all the same.`,
            fix: {
              kind: 'advice' as const,
              text: 'Use a build with lz4, or set the columns on the source to pglz: ALTER TABLE ... ALTER COLUMN ... SET COMPRESSION pglz.',
            },
          },
        ],
})
