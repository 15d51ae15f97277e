import { loadSql, quoteIdent } from '../../sql.ts'
import { check } from '../check.ts'
import { statements } from '../names.ts'
import { EVERY_COPY, travelling } from './shared.ts'
import type { ObjectRow } from './shared.ts'

interface InvalidIndex extends ObjectRow {
  plain_name: string
  partitioned: boolean
  table_name: string
}

/** What REINDEX CONCURRENTLY leaves behind when it fails (PostgreSQL 12 and newer). */
const LEFTOVER = /_cc(?:new|old)\d*$/
const REINDEX_CONCURRENTLY = 12

/** getIndexes, pg_dump.c: only valid indexes are dumped, and those of partitioned tables. */
export const invalidIndexes = check<InvalidIndex>({
  id: 'O09',
  title: 'No index is invalid',
  severity: 'warning',
  paths: EVERY_COPY,
  source: loadSql(import.meta.url, 'invalid-indexes.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair).map(({ name, plain_name: plainName, partitioned, table_name: table }) => {
      const object = `index ${name}`
      if (partitioned) {
        return {
          object,
          message: `It is invalid, as a partition of ${table} has no index that belongs to it. It arrives invalid.`,
          fix: {
            kind: 'advice',
            text: `Create the partitions' indexes, and ALTER INDEX ${name} ATTACH PARTITION each.`,
          },
        }
      }
      if (LEFTOVER.test(plainName)) {
        return {
          object,
          message: `It is the rest of a REINDEX CONCURRENTLY of ${table} that failed: it costs writes, is of no use, and does not travel.`,
          fix: { kind: 'sql', side: 'source', sql: statements(`DROP INDEX CONCURRENTLY ${name}`) },
        }
      }
      const how = pair.source.major >= REINDEX_CONCURRENTLY ? 'INDEX CONCURRENTLY' : 'INDEX'
      return {
        object,
        message: `It is invalid (CREATE INDEX CONCURRENTLY failed): a dump leaves it out, so that ${table} has no such index on the target.`,
        fix: { kind: 'sql', side: 'source', sql: statements(`REINDEX ${how} ${name}`) },
      }
    }),
})

/** They are restored as NOT VALID after the data; nothing fails, and nothing was proved either. */
export const unvalidatedConstraints = check<ObjectRow & { owner: string; constraint: string }>({
  id: 'O11',
  title: 'All constraints were checked against all rows',
  severity: 'info',
  paths: EVERY_COPY,
  source: loadSql(import.meta.url, 'unvalidated-constraints.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair).map(({ name, owner, constraint }) => ({
      object: `${name}.${constraint}`,
      message: 'It is NOT VALID, and stays so on the target: rows that break it arrive as they are.',
      fix: {
        kind: 'sql',
        side: 'source',
        sql: statements(`ALTER ${owner} VALIDATE CONSTRAINT ${quoteIdent(constraint)}`),
      },
    })),
})
