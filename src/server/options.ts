import type { RestoreChoices } from '../files/index.ts'
import type { CommonOptions, MigrateOptions } from '../migrate/index.ts'

/** Options of one database's run that make no sense for many: they name its tables, or what becomes of one target. */
type OfOneDatabase =
  'source' | 'target' | 'create' | 'nonEmptyTarget' | 'include' | 'exclude' | 'excludeData' | 'prediction'

export interface MigrateServerOptions extends Omit<MigrateOptions, OfOneDatabase> {
  /** Connection string of any database of the server to read. */
  source: string
  /** Connection string of any database of the server to fill; its user has to be able to create databases. */
  target: string
  /** Steps that run at the same time in all databases together; each takes one session on either server. @defaultValue 4 */
  jobs?: number
  /** @defaultValue half of `jobs`, and at most 4 */
  databasesAtOnce?: number
  /** Names of databases, with `*` and `?`; default: all. */
  includeDatabases?: readonly string[]
  excludeDatabases?: readonly string[]
  /** Path of a file with one `role:password` a line (docs/roles.md). */
  rolePasswords?: string
  /** A provider's id, or a YAML file of one's own, in place of what the source is recognised as. */
  sourceProvider?: string
  targetProvider?: string
  /** Ids of checks (docs/checks.md) that are not to be asked before a database's run. */
  skipChecks?: readonly string[]
  /** Whether the connecting role may grant itself the roles that own things. @defaultValue 'grant' */
  ownMemberships?: 'grant' | 'skip'
}

export interface ResumeServerOptions extends CommonOptions {
  target: string
  /** @defaultValue the source that the record names; its password comes from PGPASSWORD or the password file. */
  source?: string
  jobs?: number
  databasesAtOnce?: number
  newSnapshot?: 'allow' | 'refuse'
  pgDump?: string
  rolePasswords?: string
}

/** Choices of tables make no sense for many databases. */
export interface RestoreServerOptions
  extends CommonOptions, Omit<RestoreChoices, 'include' | 'exclude' | 'excludeData'> {
  /** The folder that `dump` with all databases has made. */
  from: string
  /** Connection string of any database of the server to fill; its user has to be able to create databases. */
  target: string
  /** Any database of the server that was dumped, where it can be reached: then what was written to it since is reported. */
  source?: string
  /** Steps that run at the same time in all databases together; each takes one session. @defaultValue 4 */
  jobs?: number
  /** @defaultValue half of `jobs`, and at most 4 */
  databasesAtOnce?: number
  /** Names of databases, with `*` and `?`; default: all that are in the folder. */
  includeDatabases?: readonly string[]
  excludeDatabases?: readonly string[]
  /** Path of a file with one `role:password` a line (docs/roles.md). */
  rolePasswords?: string
  /** Whether the connecting role may grant itself the roles that own things. @defaultValue 'grant' */
  ownMemberships?: 'grant' | 'skip'
  /** A native pg_dump to use in place of the bundled one, when a database's schema is compared with its archive's. */
  pgDump?: string
}

export interface StatusServerOptions extends CommonOptions {
  target: string
}
