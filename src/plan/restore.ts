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
    owner: (entry) =>
      entry.owner === undefined || rename(entry.owner) === connectedRole ? [] : ownerSql(entry, options),
  }
}

/** `"schema"."name"` of a relation. */
export function quoted(relation: { schema: string; name: string }): string {
  return qualified(relation.schema, relation.name)
}
