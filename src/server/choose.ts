import { matchesDatabase, noSuchDatabase } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import { isReserved, type Provider } from '../provider/index.ts'
import type { LeftOutDatabase } from '../report/index.ts'
import { loadSql } from '../sql.ts'
import { RECORD_DATABASE } from './record.ts'

const DATABASES = loadSql(import.meta.url, 'databases.sql')

/** The database that every server starts with, for tools to connect to: it travels only where somebody uses it. */
export const MAINTENANCE = 'postgres'

export interface ServerDatabase {
  name: string
  is_template: boolean
  allows_connections: boolean
  is_broken: boolean
  tablespace: string
  bytes: number | null
}

export function readDatabases(session: Session): Promise<ServerDatabase[]> {
  return session.query(DATABASES)
}

export interface ChooseOptions {
  providers: { source: Provider; target: Provider }
  include: readonly string[]
  exclude: readonly string[]
  /** Whether somebody has made something in database `postgres` of the source. */
  maintenance: 'empty' | 'used'
}

export interface ChosenDatabases {
  chosen: ServerDatabase[]
  leftOut: LeftOutDatabase[]
}

/**
 * Which of the source's databases travel: all but templates, the providers' own, those that nobody can connect to, and what
 * the user leaves out. Every other one is listed with its reason. Pure.
 *
 * @throws PgleapError `filter.unmatched` where a pattern matches no database that could travel
 */
export function chooseDatabases(all: readonly ServerDatabase[], options: ChooseOptions): ChosenDatabases {
  const { include, exclude } = options
  const chosen: ServerDatabase[] = []
  const leftOut: LeftOutDatabase[] = []
  const unmatched = new Set([...include, ...exclude])
  for (const database of all) {
    const { name } = database
    if (name === RECORD_DATABASE) continue
    const matching = [...include, ...exclude].filter((pattern) => matchesDatabase(pattern, name))
    for (const pattern of matching) unmatched.delete(pattern)
    const wanted = include.length === 0 || include.some((pattern) => matching.includes(pattern))
    const excluded = !wanted || exclude.some((pattern) => matching.includes(pattern))
    const out = excluded ? EXCLUDED : reasonAgainst(database, options)
    if (out === undefined) chosen.push(database)
    else leftOut.push({ database: name, ...out })
  }
  const [pattern] = unmatched
  if (pattern !== undefined) throw noSuchDatabase(pattern)
  return { chosen, leftOut }
}

const EXCLUDED = { reason: 'excluded', message: 'It is left out by request.' } as const

function reasonAgainst(
  database: ServerDatabase,
  { providers, maintenance }: ChooseOptions,
): Omit<LeftOutDatabase, 'database'> | undefined {
  const { name } = database
  const owner = [providers.source, providers.target].find((provider) => isReserved(provider, 'database', name))
  if (database.is_template) return { reason: 'template', message: 'It is a template.' }
  if (owner !== undefined) return { reason: 'reserved', message: `It belongs to ${owner.name}.` }
  if (database.is_broken) {
    return { reason: 'broken', message: 'Its DROP DATABASE was interrupted, and nobody can connect to it.' }
  }
  if (!database.allows_connections) {
    return {
      reason: 'no-connections',
      message: 'It does not allow connections: ALTER DATABASE ... ALLOW_CONNECTIONS true, if it is to travel.',
    }
  }
  if (name === MAINTENANCE && maintenance === 'empty') {
    return { reason: 'empty', message: 'Nobody has made anything in it; the target has one of its own.' }
  }
  return undefined
}
