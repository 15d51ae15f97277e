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

/**
 * Parameters that hold lists of names, which are stored quoted already: each name becomes a value of its own in SET (dumputils.c,
 * variable_is_guc_list_quote and makeAlterConfigCommand).
 */
export const QUOTED_LISTS: ReadonlySet<string> = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
])

/** `"name" TO value`, for ALTER ROLE ... SET and the like, of a value as the catalog (pg_db_role_setting) has it. */
export function settingSql(name: string, value: string): string {
  const parameter = name.split('.').map(quoteIdent).join('.')
  return `${parameter} TO ${valueSql(name, value)}`
}

function valueSql(name: string, value: string): string {
  if (!QUOTED_LISTS.has(name.toLowerCase()) || value.trim() === '') return quoteLiteral(value)
  const names = splitNames(value)
  // What does not read as a list of names is left to the server to judge, as one value.
  return names === undefined ? quoteLiteral(value) : names.map(quoteLiteral).join(', ')
}

/** `"$user", public` as its names; undefined where it is no such list. */
export function splitNames(list: string): string[] | undefined {
  const names: string[] = []
  let rest = list.trim()
  for (;;) {
    const found = /^(?:"((?:[^"]|"")*)"|([^\s",]+))\s*(,|$)\s*/u.exec(rest)
    if (found === null) return undefined
    names.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '')
    rest = rest.slice(found[0].length)
    if (found[3] === '') return rest === '' ? names : undefined
  }
}

/** Reads a `.sql` file that lies next to the calling module: `loadSql(import.meta.url, 'tables.sql')`. */
export function loadSql(moduleUrl: string, file: string): string {
  return readFileSync(new URL(file, moduleUrl), 'utf8')
}
