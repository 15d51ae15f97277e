import { isReserved, type Provider } from '../../provider/index.ts'
import { type Described, namesFrom } from './described.ts'

/** What decides whether a statement may be run at this target, beside what the server itself lets through. */
export interface Ground {
  provider: Provider
  /** Major of the target. */
  major: number
  /** The role that pgleap is connected as. */
  user: string
  /** The database that the user named, where the record of the run is. */
  home: string
  /** The database that the script is in now. */
  database: string
  /** Roles that were there before the run began. */
  existing: ReadonlySet<string>
}

/**
 * Why a statement is not run: the connecting role, a provider's own and their databases are never altered, and neither are
 * the attributes and passwords of a role that was there before. One sentence; undefined where it may be run. What
 * functions and DO blocks do inside is not looked at.
 */
export function leftOutReason(statement: Described, ground: Ground): string | undefined {
  const { verb, kind } = statement
  if (kind === 'ROLE') return aboutRole(statement, ground)
  if (kind === 'MEMBERSHIP') return aboutMembership(statement, ground)
  if (kind === 'DATABASE') return aboutDatabase(statement, ground)
  if (kind === 'TABLESPACE' && verb === 'DROP' && isReserved(ground.provider, 'tablespace', statement.name)) {
    return `Tablespace ${statement.name} belongs to ${ground.provider.name}.`
  }
  if (verb === 'REASSIGN' || (verb === 'DROP' && kind === 'OWNED')) return aboutOwned(statement, ground)
  return undefined
}

function aboutRole(statement: Described, ground: Ground): string | undefined {
  const { verb, tokens, behindName } = statement
  const names = rolesOf(statement, ground)
  const special = firstReason(names, (name) => specialReason(name, ground))
  if (special !== undefined) return special
  if (verb !== 'ALTER') return undefined
  const word = tokens[behindName]?.name
  if (word === 'set' || word === 'reset' || word === 'in') return undefined
  return firstReason(names, (name) =>
    ground.existing.has(name)
      ? `Role ${name} was there before; its attributes and its password stay as they are.`
      : undefined,
  )
}

/** GRANT of roles: who belongs to a service gets nothing, and neither does the connecting role, which is given to nobody either. */
function aboutMembership({ tokens }: Described, ground: Ground): string | undefined {
  const at = tokens.findIndex(
    ({ kind, name, depth }) => depth === 0 && kind === 'word' && (name === 'to' || name === 'from'),
  )
  if (at === -1) return undefined
  const options = tokens.findIndex(
    ({ kind, name }, index) => index > 0 && index < at && kind === 'word' && name === 'for',
  )
  const granted = namesFrom(tokens, options === -1 ? 1 : options + 1).map((name) => resolved(name, ground))
  const members = namesFrom(tokens, at + 1).map((name) => resolved(name, ground))
  return (
    firstReason(members, (name) => specialReason(name, ground)) ??
    // A role of PostgreSQL's own (pg_monitor) is not altered by who is in it.
    firstReason(granted, (name) => (name.startsWith('pg_') ? undefined : specialReason(name, ground)))
  )
}

function aboutDatabase({ verb, name }: Described, ground: Ground): string | undefined {
  const reserved = isReserved(ground.provider, 'database', name)
  if (reserved && (verb === 'DROP' || !isTemplate(name))) {
    return isTemplate(name)
      ? `Database ${name} is PostgreSQL's own; it is never dropped.`
      : `Database ${name} belongs to ${ground.provider.name}.`
  }
  if (name === ground.home && verb === 'DROP') {
    return `Database ${name} is the one that pgleap is connected to, where it keeps its record of this run.`
  }
  return undefined
}

function aboutOwned(statement: Described, ground: Ground): string | undefined {
  const by = statement.tokens.findIndex(({ name }) => name === 'by')
  const names = namesFrom(statement.tokens, by + 1).map((name) => resolved(name, ground))
  return firstReason(names, (name) => specialReason(name, ground))
}

/** The roles that a statement about roles names. */
export function rolesOf({ tokens, behindName, name }: Described, ground: Ground): string[] {
  // `name` is the first; DROP ROLE goes on with a list.
  const start = behindName - 1
  const first = tokens[start]
  if (name === '' || first === undefined) return []
  // ALTER ROLE ALL is about no role in particular.
  if (first.kind === 'word' && first.name === 'all') return []
  return namesFrom(tokens, start).map((one, index) =>
    index === 0 && first.kind === 'quoted' ? one : resolved(one, ground),
  )
}

function resolved(name: string, { user }: Ground): string {
  return name === 'current_user' || name === 'session_user' || name === 'current_role' ? user : name
}

function specialReason(name: string, { provider, user }: Ground): string | undefined {
  if (name === user) return `Role ${name} is the one that pgleap is connected as; it is never altered.`
  if (!isReserved(provider, 'role', name)) return undefined
  const whose = name.startsWith('pg_') ? 'PostgreSQL itself' : provider.name
  return `Role ${name} belongs to ${whose}.`
}

function firstReason(names: readonly string[], reason: (name: string) => string | undefined): string | undefined {
  for (const name of names) {
    const found = reason(name)
    if (found !== undefined) return found
  }
  return undefined
}

function isTemplate(name: string): boolean {
  return name === 'template0' || name === 'template1'
}
