import { PgleapError } from '../errors.ts'

/** A compiled table pattern; `schema` undefined matches every schema. */
export interface Pattern {
  text: string
  schema: RegExp | undefined
  name: RegExp
}

/**
 * Compiles a table pattern as pg_dump's --table takes it (psql's "Patterns"): `*` and `?` are wildcards, letters fold
 * to lower case unless double-quoted, a dot outside quotes parts schema from name, and the whole name has to match.
 * Regular-expression characters mean what they mean in psql, but `$` and, inside quotes, everything is literal.
 * Follows processSQLNamePattern in src/fe_utils/string_utils.c.
 *
 * @throws PgleapError `filter.pattern` where it has more than one dot or an open quote.
 */
export function compilePattern(text: string): Pattern {
  const parts = ['']
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '"') {
      if (quoted && text.charAt(at + 1) === '"') {
        append(parts, '"')
        at += 1
      } else {
        quoted = !quoted
      }
    } else if (!quoted && char === '.') {
      parts.push('')
    } else if (quoted) {
      append(parts, escapeRegExp(char))
    } else if (char === '*') {
      append(parts, '.*')
    } else if (char === '?') {
      append(parts, '.')
    } else if (char === '$') {
      append(parts, '\\$')
    } else {
      append(parts, char.toLowerCase())
    }
  }
  const [first = '', second] = parts
  if (quoted || parts.length > 2 || text === '') {
    throw new PgleapError({
      code: 'filter.pattern',
      message: `"${text}" is not a table pattern.`,
      hint: 'Write name or schema.name, with * and ? as wildcards and double quotes around names with dots or capitals.',
      party: 'usage',
    })
  }
  return second === undefined
    ? { text, schema: undefined, name: wholeName(first, text) }
    : { text, schema: wholeName(first, text), name: wholeName(second, text) }
}

/** Whether the pattern matches the relation. */
export function matches(pattern: Pattern, schema: string, name: string): boolean {
  return pattern.name.test(name) && (pattern.schema === undefined || pattern.schema.test(schema))
}

function append(parts: string[], text: string): void {
  parts.push(`${parts.pop() ?? ''}${text}`)
}

function escapeRegExp(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
}

function wholeName(source: string, text: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, 'su')
  } catch (error) {
    throw new PgleapError({
      code: 'filter.pattern',
      message: `"${text}" is not a table pattern.`,
      hint: 'Regular-expression characters in it do not fit together; put double quotes around a name that holds them.',
      party: 'usage',
      cause: error,
    })
  }
}
