import { entrySql, ownerSql, settingsSql, type Entry, type EntrySqlOptions } from '../archive/index.ts'
import { qualified } from '../sql.ts'

/** How the archive's entries become SQL in this run: with or without owners, grants and tablespaces, roles mapped. */
export interface Restore {
  /** What makes the object, owner aside; empty where the entry makes nothing here. */
  definition(entry: Entry): string[]
  /** The SET statements that the definition relies on, for a statement of ours that takes its place. */
  settings(entry: Entry): string[]
  /** What gives the object to its owner; empty where that is not wanted or the connected role owns it already. */
  owner(entry: Entry): string[]
}

/** Who runs the statements, and where. */
export interface RestoreTarget {
  user: string
  major: number
  /** What is there already stays as it is, schema public among it (invariant 8). */
  publicSchema: 'ours' | 'theirs'
}

export function restoreWith(options: EntrySqlOptions, target: RestoreTarget): Restore {
  const rename = (role: string) => options.roleMap?.get(role) ?? role
  return {
    definition: (entry) => {
      if (target.publicSchema === 'theirs' && isAboutPublic(entry)) return []
      const statements = entrySql(entry, { ...options, owners: 'skip' })
      return entry.desc === 'SUBSCRIPTION' ? statements.map((text) => forOlderTarget(text, target.major)) : statements
    },
    settings: (entry) => settingsSql(entry, options),
    owner: (entry) => {
      if (target.publicSchema === 'theirs' && isAboutPublic(entry)) return []
      const isOurs = entry.owner !== undefined && rename(entry.owner) === target.user
      return isOurs && !isThereAlready(entry) ? [] : ownerSql(entry, options)
    },
  }
}

/** Options that pg_dump writes for every server, with the major that came to know them; before it, there was no other way. */
const SUBSCRIPTION_OPTIONS = [
  { option: 'streaming = off', since: 14 },
  { option: 'run_as_owner = true', since: 16 },
] as const

/**
 * Leaves out what the target would refuse. The options stand last (pg_dump.c, dumpSubscription), so what the connection
 * string or a name holds is never touched.
 */
function forOlderTarget(statement: string, major: number): string {
  const unknown = SUBSCRIPTION_OPTIONS.filter(({ since }) => major < since)
  return unknown.reduce(
    (text, { option }) => text.replace(new RegExp(`, ${option}((?:, \\w+ = [\\w"']+)*\\);\\s*)$`), '$1'),
    statement,
  )
}

/** The schema that every database is born with; its owner, comment, label or grants. */
export function isAboutPublic(entry: Entry): boolean {
  return isThereAlready(entry) || (entry.namespace === undefined && entry.tag === 'SCHEMA public')
}

/** Every database is born with this schema, and since PostgreSQL 15 it is not its maker's. */
function isThereAlready(entry: Entry): boolean {
  return entry.desc === 'SCHEMA' && entry.tag === 'public'
}

/** `"schema"."name"` of a relation. */
export function quoted(relation: { schema: string; name: string }): string {
  return qualified(relation.schema, relation.name)
}
