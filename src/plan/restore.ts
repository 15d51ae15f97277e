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

export function restoreWith(options: EntrySqlOptions, connectedRole: string): Restore {
  const rename = (role: string) => options.roleMap?.get(role) ?? role
  return {
    definition: (entry) => entrySql(entry, { ...options, owners: 'skip' }),
    settings: (entry) => settingsSql(entry, options),
    owner: (entry) => {
      const isOurs = entry.owner !== undefined && rename(entry.owner) === connectedRole
      return isOurs && !isThereAlready(entry) ? [] : ownerSql(entry, options)
    },
  }
}

/** Every database is born with this schema, and since PostgreSQL 15 it is not its maker's. */
function isThereAlready(entry: Entry): boolean {
  return entry.desc === 'SCHEMA' && entry.tag === 'public'
}

/** `"schema"."name"` of a relation. */
export function quoted(relation: { schema: string; name: string }): string {
  return qualified(relation.schema, relation.name)
}
