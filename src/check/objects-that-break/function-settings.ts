import { loadSql, quoteLiteral } from '../../sql.ts'
import { check } from '../check.ts'
import { statements } from '../names.ts'
import { removedParameters } from '../removed-parameters.ts'
import { EVERY_COPY, crosses, target, travelling } from './shared.ts'
import type { ObjectRow } from './shared.ts'

interface FunctionSetting extends ObjectRow {
  kind: 'FUNCTION' | 'PROCEDURE'
  parameter: string
  value: string
}

/** "unrecognized configuration parameter", even with check_function_bodies off: it is part of the definition. */
export const functionSettings = check<FunctionSetting>({
  id: 'O42',
  title: 'No function sets a parameter that the target does not know',
  severity: 'block',
  paths: EVERY_COPY,
  source: loadSql(import.meta.url, 'function-settings.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair).flatMap(({ name, kind, parameter, value }) => {
      const removed = removedParameters.find((it) => it.name === parameter.toLowerCase())
      if (removed === undefined || !crosses(pair, removed.removedIn)) return []
      const alter = (how: string) => statements(`ALTER ${kind} ${name} ${how}`)
      return [
        {
          object: `${kind.toLowerCase()} ${name}`,
          message: `Its definition sets ${parameter}, which is gone since PostgreSQL ${String(removed.removedIn)}: ${target(pair)} cannot create it. ${removed.note}`,
          fix: {
            kind: 'sql',
            side: 'source',
            sql: alter(`RESET ${parameter}`),
            undo: alter(`SET ${parameter} = ${quoteLiteral(value)}`),
          },
        },
      ]
    }),
})
