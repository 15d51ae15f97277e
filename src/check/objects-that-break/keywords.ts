import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import { listed } from '../names.ts'
import { EVERY_COPY, crosses, target, travelling } from './shared.ts'
import type { ObjectRow } from './shared.ts'

/** system_user is reserved since 16 (kwlist.h). What servers before 16 write of expressions does not quote it. */
export const systemUserColumns = check<ObjectRow & { used_by: string[] }>({
  id: 'O48',
  title: 'No expression names a column that is a keyword on the target',
  severity: 'block',
  paths: EVERY_COPY,
  when: (pair) => crosses(pair, 16),
  source: loadSql(import.meta.url, 'keyword-columns.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair).map(({ name, used_by: usedBy }) => ({
      object: name,
      message: `Since PostgreSQL 16 system_user is a keyword that gives the login name, and the source writes the column\u2019s name without quotes in ${listed(usedBy)}: ${target(pair)} rejects that, or means the login name by it, without a word.`,
      fix: {
        kind: 'advice',
        text: `Rename the column, or drop ${listed(usedBy)} for the migration and create it on the target with "system_user" in quotes.`,
      },
    })),
})

/** The commonest is an argument named json: a column name, but no longer an argument's, from 17 on (kwlist.h). */
export const keywordArguments = check<ObjectRow & { argument: string; since: number }>({
  id: 'O50',
  title: 'No argument of a function has a name that is a keyword on the target',
  severity: 'block',
  paths: EVERY_COPY,
  source: loadSql(import.meta.url, 'keyword-arguments.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair)
      .filter(({ since }) => crosses(pair, since))
      .map(({ name, argument, since }) => ({
        object: `function ${name}`,
        message: `Its argument or result column ${argument} has the name of a keyword of PostgreSQL ${String(since)}, and the source writes it without quotes: ${target(pair)} finds a syntax error in CREATE FUNCTION.`,
        fix: {
          kind: 'advice',
          text: `Create the function anew on the source with another name for ${argument} (names of arguments cannot be altered), and mend calls that pass it by name.`,
        },
      })),
})
