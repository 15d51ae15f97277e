/** A managed service's rules, or none of them: a self-managed server. Plain data; one file a service in this folder. */
export interface Provider {
  /** As on the command line: `azure-flexible`. */
  id: string
  /** As people call it: `Azure Database for PostgreSQL, Flexible Server`. */
  name: string
  /** Any of these gives it away; empty for what is recognised by nothing. */
  signatures: readonly Signature[]
  /** What belongs to the service and never travels. `*` at the end of a name stands for any ending. */
  reserved: {
    roles: readonly string[]
    databases: readonly string[]
    schemas: readonly string[]
    extensions: readonly string[]
  }
  /** Attributes that no administrator here can give to a role; what a given one may give is probed (`readPowers`). */
  notGrantable: readonly RoleAttribute[]
  /** What is not available to customers here, by entry kind of pg_dump: `CAST`, `TABLESPACE`. */
  notAllowed: readonly string[]
  replication: {
    logical: 'yes' | 'no' | 'unknown'
    /** Parameters to set, by the names of the service's console. */
    parameters: readonly { name: string; value: string; needs: 'restart' | 'reload' }[]
    /** How a role gets what a replication connection needs; `$role` stands for the quoted role. */
    grant: string | undefined
    note?: string
  }
  /** Names of parameters in the console, where they are not the server's own. */
  parameterNames: Readonly<Record<string, string>>
  /** Where a parameter is set: `server parameters in the portal`. */
  parametersAt: string
  /** How an extension is allowed here; undefined where it is only installed. */
  extensionsAt: string | undefined
  /** Whether administrators can read the roles' password verifiers, as far as is known; it is probed. */
  verifiers: 'readable' | 'unreadable' | 'unknown'
  /** Things that a person should know before migrating from or to here. */
  notes: readonly string[]
}

export type RoleAttribute = 'SUPERUSER' | 'CREATEROLE' | 'CREATEDB' | 'REPLICATION' | 'BYPASSRLS'

export type Signature =
  | { role: string }
  | { database: string }
  | { schema: string }
  | { setting: string; value?: string }
  /** A host name's ending: `.postgres.database.azure.com`. */
  | { host: string }
