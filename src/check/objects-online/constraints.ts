import { loadSql, qualified, quoteIdent } from '../../sql.ts'
import { check } from '../check.ts'
import { tableName } from '../data-shape/index.ts'

interface TriggerRow {
  schema: string
  name: string
  trigger: string
  /** ENABLE ALWAYS; else ENABLE REPLICA. */
  always: boolean
  on_truncate: boolean
}

export const firingTriggers = check<TriggerRow>({
  id: 'O21',
  title: 'No trigger fires a second time when a change is applied',
  severity: 'error',
  paths: ['online'],
  source: loadSql(import.meta.url, 'firing-triggers.sql'),
  assess: ({ source }) =>
    source.map((row) => {
      const alter = `ALTER TABLE ${qualified(row.schema, row.name)}`
      const trigger = quoteIdent(row.trigger)
      const what = row.on_truncate ? 'when a TRUNCATE is applied' : 'for each row that is applied'
      const why = row.always
        ? `It is ENABLE ALWAYS: on the target it fires ${what}, though its effects on the source are replicated as well. What it does happens twice`
        : `It is ENABLE REPLICA: it does not fire on the source, but on the target ${what}. What it writes is not on the source, so the two differ`
      return {
        object: `trigger ${row.trigger} on ${tableName(row)}`,
        message: `${why}.`,
        fix: {
          kind: 'sql' as const,
          side: 'source' as const,
          // Neither changes what ordinary sessions of the source do; the target is made from the source's schema.
          sql: `${alter} ${row.always ? 'ENABLE' : 'DISABLE'} TRIGGER ${trigger};`,
          undo: `${alter} ENABLE ${row.always ? 'ALWAYS' : 'REPLICA'} TRIGGER ${trigger}; -- on both servers, after the migration`,
        },
      }
    }),
})

interface ConstraintRow {
  schema: string
  name: string
  constraint: string
  definition: string
}

export const deferrableConstraints = check<ConstraintRow>({
  id: 'O22',
  title: 'Applying changes keeps every unique and exclusion constraint',
  severity: 'warning',
  paths: ['online'],
  source: loadSql(import.meta.url, 'deferrable.sql'),
  assess: ({ source }) =>
    source.map((row) => ({
      object: `constraint ${row.constraint} on ${tableName(row)}`,
      message: `${row.definition}: the target does not check it while changes are applied (the trigger that does is off there). Rows that come from the source keep it; a row that somebody else writes on the target may not, and nothing says so.`,
      fix: {
        kind: 'advice' as const,
        text: 'Let nobody write on the target before the cutover; the comparison of contents before it opens would show such a row.',
      },
    })),
})
