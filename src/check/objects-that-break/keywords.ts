import { loadSql } from '../../sql.ts'
import { check } from '../check.ts'
import type { NewFinding, Pair } from '../check.ts'
import { listed } from '../names.ts'
import { EVERY_COPY, crosses, target, travelling } from './shared.ts'
import type { ObjectRow } from './shared.ts'

interface KeywordColumn extends ObjectRow {
  used_by: string[]
}

/**
 * system_user is reserved since 16 (kwlist.h), and what servers before 16 write of expressions does not quote it. Our own copy has every
 * name quoted (migrate/read-source.ts); a dump file may be made otherwise, and the application's statements are.
 */
export const systemUserColumns = check<KeywordColumn>({
  id: 'O48',
  title: 'No expression names a column that is a keyword on the target',
  severity: 'block',
  paths: EVERY_COPY,
  when: (pair) => crosses(pair, 16),
  source: loadSql(import.meta.url, 'keyword-columns.sql'),
  assess: ({ source }, pair) => travelling(source, pair).map((row) => systemUser(row, pair)),
})

function systemUser({ name, used_by: usedBy }: KeywordColumn, pair: Pair): NewFinding {
  const keyword = 'Since PostgreSQL 16 system_user is a keyword that gives the login name'
  if (pair.paths.has('files')) {
    return {
      object: name,
      message: `${keyword}, and the source writes the column\u2019s name without quotes in ${listed(usedBy)}: of a dump file that was made without --quote-all-identifiers, ${target(pair)} rejects that, or means the login name by it, without a word.`,
      fix: {
        kind: 'advice',
        text: `Make the file with --quote-all-identifiers, or rename the column. Have the application write "system_user" in quotes.`,
      },
    }
  }
  return {
    object: name,
    severity: 'warning',
    message: `${keyword}. What names the column in the schema (${listed(usedBy)}) arrives, as pgleap quotes it; statements of the application and bodies of functions that do not quote it mean the login name on ${target(pair)}, without a word.`,
    fix: {
      kind: 'advice',
      text: 'Write "system_user" in quotes wherever the column is named, or rename the column.',
    },
  }
}

interface KeywordArgument extends ObjectRow {
  argument: string
  since: number
}

/** The commonest is an argument named json: a column name, but no longer an argument's, from 17 on (kwlist.h). */
export const keywordArguments = check<KeywordArgument>({
  id: 'O50',
  title: 'No argument of a function has a name that is a keyword on the target',
  severity: 'block',
  paths: EVERY_COPY,
  source: loadSql(import.meta.url, 'keyword-arguments.sql'),
  assess: ({ source }, pair) =>
    travelling(source, pair)
      .filter(({ since }) => crosses(pair, since))
      .map((row) => keywordArgument(row, pair)),
})

function keywordArgument({ name, argument, since }: KeywordArgument, pair: Pair): NewFinding {
  const object = `function ${name}`
  const keyword = `Its argument or result column ${argument} has the name of a keyword of PostgreSQL ${String(since)}`
  if (pair.paths.has('files')) {
    return {
      object,
      message: `${keyword}, and the source writes it without quotes: in a dump file that was made without --quote-all-identifiers, ${target(pair)} finds a syntax error in CREATE FUNCTION.`,
      fix: {
        kind: 'advice',
        text: `Make the file with --quote-all-identifiers, or create the function anew on the source with another name for ${argument} (names of arguments cannot be altered), and mend calls that pass it by name.`,
      },
    }
  }
  return {
    object,
    severity: 'warning',
    message: `${keyword}. The function arrives, as pgleap quotes the name; a call that passes ${argument} by name without quotes is a syntax error on ${target(pair)}.`,
    fix: { kind: 'advice', text: `Write "${argument}" => ... in such calls.` },
  }
}
