import { readFileSync } from 'node:fs'

/** Quotes one identifier, always, so that no word is ever mistaken for a keyword. The only place that does it. */
export function quoteIdent(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** `"schema"."name"`. */
export function qualified(schema: string, name: string): string {
  return `${quoteIdent(schema)}.${quoteIdent(name)}`
}

/** A string literal for the few statements (utility commands) that take no parameters. Holds for any server setting. */
export function quoteLiteral(value: string): string {
  const quoted = `'${value.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
  return value.includes('\\') ? ` E${quoted}` : quoted
}

/** Reads a `.sql` file that lies next to the calling module: `loadSql(import.meta.url, 'tables.sql')`. */
export function loadSql(moduleUrl: string, file: string): string {
  return readFileSync(new URL(file, moduleUrl), 'utf8')
}
