import { quoteIdent } from '../sql.ts'

/** `a, b, c and 4 more`: as many names as a person wants to read in one sentence. */
export function listed(names: readonly string[], most = 5): string {
  const rest = names.length - most
  return rest > 0 ? `${names.slice(0, most).join(', ')} and ${String(rest)} more` : names.join(', ')
}

/** `1 table`, `3 tables`. */
export function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** A role as the object of a finding; waivers match it, so it is not quoted. */
export function roleObject(name: string): string {
  return `role ${name}`
}

/** Statements of a fix, each with its semicolon, one a line. */
export function statements(...sql: readonly string[]): string {
  return sql.map((statement) => `${statement};`).join('\n')
}

/** `"a", "b"`. */
export function quotedList(names: readonly string[]): string {
  return names.map(quoteIdent).join(', ')
}
