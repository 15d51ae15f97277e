import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import { EVERY_COPY, crosses, target, travelling } from './shared.ts'
import type { ObjectRow } from './shared.ts'

interface HiddenFunction extends ObjectRow {
  plain_name: string
  since: number
  is_keyword: boolean
}

/** Views and expressions are restored with the schema's name; bodies and the application's statements are as they are. */
export const hiddenFunctions = check<HiddenFunction>({
  id: 'O49',
  title: 'No function has the name and arguments of a new built-in one',
  severity: 'warning',
  paths: EVERY_COPY,
  source: loadSql(import.meta.url, 'hidden-functions.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair)
      .filter(({ since }) => crosses(pair, since))
      .map(({ schema, name, plain_name: plainName, since, is_keyword: isKeyword }) => ({
        object: `function ${name}`,
        message: isKeyword
          ? `${plainName} is a keyword since PostgreSQL ${String(since)}: on ${target(pair)} a call without a schema means the built-in construct, or is a syntax error.`
          : `PostgreSQL ${String(since)} brought a built-in ${plainName} for the same arguments: on ${target(pair)} calls without a schema reach that one, and may get other results.`,
        fix: {
          kind: 'advice',
          text: `Write ${schema}.${plainName}(...) in statements and functions that mean yours, or rename it.`,
        },
      })),
})
