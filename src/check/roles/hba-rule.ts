import { loadSql } from '../../sql.ts'

/** Asks for pg_hba.conf; for superusers and those they let. */
export const HBA_RULES = loadSql(import.meta.url, 'hba-rules.sql')

export interface HbaRule {
  line: number
  /** `local`, `host`, `hostssl`, ... */
  type: string
  databases: string[]
  users: string[]
  /** An address, `all`, `samenet` or a host name; null for `local`. */
  address: string | null
  netmask: string | null
  method: string
  options: string
  /** The connected database. */
  current: string
}

export interface Client {
  role: string
  groups: readonly string[]
  /** Any, where it is undefined. */
  database: string | undefined
}

/**
 * Whether there is an address from which the rules let the client in over the network: the first line that matches
 * decides (hba.c, check_hba), and one for some addresses only decides for these.
 */
export function mayEnter(rules: readonly HbaRule[], client: Client): boolean {
  for (const rule of rules) {
    if (rule.type === 'local' || !matchesDatabase(rule, client) || !matchesUser(rule, client)) continue
    if (rule.method !== 'reject') return true
    if (isEverywhere(rule)) return false
  }
  return false
}

/** Both families: a line for all of IPv4 says nothing of IPv6, but where it rejects, the server is not meant for others. */
function isEverywhere({ type, address, netmask }: HbaRule): boolean {
  return type === 'host' && (address === 'all' || netmask === '0.0.0.0' || netmask === '::')
}

function matchesDatabase({ databases }: HbaRule, { database, role, groups }: Client): boolean {
  return databases.some((name) => {
    if (name === 'replication') return false
    if (database === undefined || name === 'all') return true
    if (name === 'sameuser') return database === role
    if (name === 'samerole' || name === 'samegroup') return database === role || groups.includes(database)
    return matchesName(name, database)
  })
}

function matchesUser({ users }: HbaRule, { role, groups }: Client): boolean {
  return users.some((name) => {
    if (name === 'all') return true
    if (name.startsWith('+')) return name.slice(1) === role || groups.includes(name.slice(1))
    return matchesName(name, role)
  })
}

/** From 16 on, `/` begins a regular expression; one that is not JavaScript's counts as a match, so that nothing is made up. */
function matchesName(pattern: string, name: string): boolean {
  if (!pattern.startsWith('/')) return pattern === name
  try {
    return new RegExp(pattern.slice(1), 'u').test(name)
  } catch {
    return true
  }
}
