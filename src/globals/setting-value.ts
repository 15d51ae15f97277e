import { quoteIdent, quoteLiteral } from '../sql.ts'

/**
 * Parameters that hold lists of names, which are stored quoted already: each name becomes a value of its own in SET (dumputils.c,
 * variable_is_guc_list_quote and makeAlterConfigCommand).
 */
const QUOTED_LISTS: ReadonlySet<string> = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
])

/** `"name" TO value`, for ALTER ROLE ... SET. */
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
