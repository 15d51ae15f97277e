import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import type { Pair } from '../check.ts'
import { listed } from '../names.ts'
import { EVERY_COPY, crosses, target, travelling } from './shared.ts'
import type { ObjectRow } from './shared.ts'

interface KeywordColumn extends ObjectRow {
  used_by: string[]
}

/**
 * system_user is reserved since 16 (kwlist.h), and what servers before 16 write of expressions does not quote it. pgleap quotes every name
 * (quotingFor of migrate/read-source.ts); the application's statements, and dumps that others make, may not.
 */
export const systemUserColumns = check<KeywordColumn>({
  id: 'O48',
  title: 'No expression names a column that is a keyword on the target',
  severity: 'warning',
  paths: EVERY_COPY,
  when: (pair) => crosses(pair, 16),
  source: loadSql(import.meta.url, 'keyword-columns.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair).map(({ name, used_by: usedBy }) => ({
      object: name,
      message: `Since PostgreSQL 16 system_user is a keyword that gives the login name. What names the column in the schema (${listed(usedBy)}) arrives, as pgleap quotes it; statements of the application and bodies of functions that do not quote it mean the login name on ${target(pair)}, without a word.`,
      fix: {
        kind: 'advice',
        text: `Write "system_user" in quotes wherever the column is named, or rename the column.${ofOthers(pair)}`,
      },
    })),
})

interface KeywordArgument extends ObjectRow {
  argument: string
  since: number
}

/** The commonest is an argument named json: a column name, but no longer an argument's, from 17 on (kwlist.h). */
export const keywordArguments = check<KeywordArgument>({
  id: 'O50',
  title: 'No argument of a function has a name that is a keyword on the target',
  severity: 'warning',
  paths: EVERY_COPY,
  source: loadSql(import.meta.url, 'keyword-arguments.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair)
      .filter(({ since }) => crosses(pair, since))
      .map(({ name, argument, since }) => ({
        object: `function ${name}`,
        message: `Its argument or result column ${argument} has the name of a keyword of PostgreSQL ${String(since)}. The function arrives, as pgleap quotes the name; a call that passes ${argument} by name without quotes is a syntax error on ${target(pair)}.`,
        fix: { kind: 'advice', text: `Write "${argument}" => ... in such calls.${ofOthers(pair)}` },
      })),
})

/** Files are not always made by pgleap. */
function ofOthers({ paths }: Pair): string {
  return paths.has('files') ? ' A dump by pg_dump itself has to be made with --quote-all-identifiers.' : ''
}
