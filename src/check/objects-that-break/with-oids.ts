import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import { EVERY_COPY, crosses, target, travelling } from './shared.ts'
import type { ObjectRow } from './shared.ts'

const WITH_OIDS = loadSql(import.meta.url, 'with-oids.sql')

/** check_for_tables_with_oids of pg_upgrade's check.c. A dump leaves the hidden column out without a word. */
export const tablesWithOids = check<ObjectRow>({
  id: 'O02',
  title: 'No table has a hidden oid column',
  severity: 'error',
  paths: EVERY_COPY,
  when: (pair) => crosses(pair, 12),
  source: WITH_OIDS,
  assess: ({ source }, pair) =>
    travelling(source, pair).map(({ name }) => ({
      object: name,
      message: `It is WITH OIDS, which no longer exists in ${target(pair)}: its rows arrive without their oid values.`,
      fix: {
        kind: 'advice',
        text: `Where nothing uses them, say so: ALTER TABLE ${name} SET WITHOUT OIDS (it cannot be undone). Else copy them first into a column of its own: ALTER TABLE ${name} ADD COLUMN row_oid oid; UPDATE ${name} SET row_oid = oid.`,
      },
    })),
})
