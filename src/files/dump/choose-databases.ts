import { matchesDatabase, noSuchDatabase } from '../../catalog/index.ts'
import { isReserved, type Provider } from '../../provider/index.ts'
import type { LeftOutDatabase } from '../../report/index.ts'

export interface FoundDatabase {
  name: string
  is_template: boolean
  allows_connections: boolean
  is_broken: boolean
  bytes: number | null
}

/** Where the whole server's migration keeps its record (src/server/record.ts): nobody's data. */
const RECORD_DATABASE = 'pgleap_server_run'

/**
 * Which of a server's databases are dumped: all but templates, the provider's own, those that nobody can connect to, and what
 * the user leaves out. Every other one is listed with its reason. Pure.
 *
 * @throws PgleapError `filter.unmatched` where a pattern matches no database
 */
export function chooseDatabases(
  all: readonly FoundDatabase[],
  { provider, include, exclude }: { provider: Provider; include: readonly string[]; exclude: readonly string[] },
): { chosen: FoundDatabase[]; leftOut: LeftOutDatabase[] } {
  for (const pattern of [...include, ...exclude]) {
    if (!all.some(({ name }) => matchesDatabase(pattern, name))) throw noSuchDatabase(pattern)
  }
  const chosen: FoundDatabase[] = []
  const leftOut: LeftOutDatabase[] = []
  for (const database of all.filter(({ name }) => name !== RECORD_DATABASE)) {
    const { name } = database
    const wanted = include.length === 0 || include.some((pattern) => matchesDatabase(pattern, name))
    const excluded = exclude.some((pattern) => matchesDatabase(pattern, name))
    const out =
      wanted && !excluded
        ? reasonAgainst(database, provider)
        : ({ reason: 'excluded', message: 'It is left out by request.' } as const)
    if (out === undefined) chosen.push(database)
    else leftOut.push({ database: name, ...out })
  }
  return { chosen, leftOut }
}

function reasonAgainst(
  { name, is_template, is_broken, allows_connections }: FoundDatabase,
  provider: Provider,
): Omit<LeftOutDatabase, 'database'> | undefined {
  if (is_template) return { reason: 'template', message: 'It is a template.' }
  if (isReserved(provider, 'database', name)) return { reason: 'reserved', message: `It belongs to ${provider.name}.` }
  if (is_broken) {
    return { reason: 'broken', message: 'Its DROP DATABASE was interrupted, and nobody can connect to it.' }
  }
  if (allows_connections) return undefined
  return {
    reason: 'no-connections',
    message: 'It does not allow connections: ALTER DATABASE ... ALLOW_CONNECTIONS true, if it is to be dumped.',
  }
}
