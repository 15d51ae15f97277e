import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import { statements } from '../names.ts'
import { EVERY_COPY, crosses, target, travelling } from './shared.ts'
import type { ObjectRow } from './shared.ts'

interface Conversion extends ObjectRow {
  is_default: boolean
  from_encoding: string
  to_encoding: string
  function: string
}

/** check_for_user_defined_encoding_conversions of pg_upgrade's check.c: 14 gave their functions one more argument and a result. */
export const conversions = check<Conversion>({
  id: 'O05',
  title: 'No encoding conversion was made before PostgreSQL 14',
  severity: 'block',
  paths: EVERY_COPY,
  when: (pair) => crosses(pair, 14),
  source: loadSql(import.meta.url, 'conversions.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair).map((row) => ({
      object: `conversion ${row.name}`,
      message: `Conversion functions have other arguments since PostgreSQL 14: ${target(pair)} cannot create it with ${row.function}.`,
      fix: {
        kind: 'sql',
        side: 'source',
        sql: statements(`DROP CONVERSION ${row.name}`),
        undo: statements(
          `CREATE ${row.is_default ? 'DEFAULT ' : ''}CONVERSION ${row.name} FOR '${row.from_encoding}' TO '${row.to_encoding}' FROM ${row.function}`,
        ),
      },
    })),
})

/** check_for_user_defined_postfix_ops of pg_upgrade's check.c. */
export const postfixOperators = check<ObjectRow & { operator: string; operand: string; function: string }>({
  id: 'O06',
  title: 'No operator stands behind its operand',
  severity: 'block',
  paths: EVERY_COPY,
  when: (pair) => crosses(pair, 14),
  source: loadSql(import.meta.url, 'postfix-operators.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair).map(({ name, operator, operand, function: made }) => ({
      object: `operator ${name}`,
      message: `Postfix operators are gone since PostgreSQL 14: ${target(pair)} cannot create it. Whatever uses it has to call ${made}(${operand}), or a prefix operator.`,
      fix: {
        kind: 'sql',
        side: 'source',
        sql: statements(`DROP OPERATOR ${operator} (${operand}, NONE)`),
        undo: statements(`CREATE OPERATOR ${operator} (LEFTARG = ${operand}, PROCEDURE = ${made})`),
      },
    })),
})

/** check_for_incompatible_polymorphics of pg_upgrade's check.c, and the functions that were removed since. */
export const builtOnRemoved = check<ObjectRow & { function: string; gone: number; instead: string | null }>({
  id: 'O07',
  title: 'No aggregate, operator or cast is made of a built-in function that changed',
  severity: 'block',
  paths: EVERY_COPY,
  source: loadSql(import.meta.url, 'built-on.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair)
      .filter(({ gone }) => crosses(pair, gone))
      .map(({ name, function: made, gone, instead }) => ({
        object: name,
        message: `It is made of ${made}, which is no more since PostgreSQL ${String(gone)}: ${target(pair)} cannot create it.`,
        fix: {
          kind: 'advice',
          text: `Drop it on the source for the migration, and create it on the target ${instead === null ? 'with a function of your own' : `with ${instead}`}.`,
        },
      })),
})

/** Casts that came with each major, as pg_cast of the majors 13 to 18 shows. */
const NEW_CASTS: readonly { from: string; to: string; since: number }[] = [
  ...['int4', 'int8', 'num', 'date', 'ts', 'tstz'].map((of) => ({
    from: `${of}range`,
    to: `${of}multirange`,
    since: 14,
  })),
  ...['smallint', 'integer', 'bigint'].flatMap((type) => [
    { from: type, to: 'bytea', since: 18 },
    { from: 'bytea', to: type, since: 18 },
  ]),
]

/** "cast from type integer to type bytea already exists" */
export const castsNowBuiltIn = check<{ schema: string; from_type: string; to_type: string; definition: string }>({
  id: 'O41',
  title: 'No cast of the user is built in on the target',
  severity: 'block',
  paths: EVERY_COPY,
  source: loadSql(import.meta.url, 'user-casts.sql'),
  assess: ({ source }, pair) =>
    source.flatMap(({ from_type: from, to_type: to, definition }) => {
      const known = NEW_CASTS.find((cast) => cast.from === from && cast.to === to)
      if (known === undefined || !crosses(pair, known.since)) return []
      return [
        {
          object: `cast ${from} as ${to}`,
          message: `PostgreSQL ${String(known.since)} brought this cast itself: ${target(pair)} cannot create a second one, and the built-in one may give other results.`,
          fix: {
            kind: 'sql',
            side: 'source',
            sql: statements(`DROP CAST (${from} AS ${to})`),
            undo: statements(definition),
          },
        },
      ]
    }),
})
