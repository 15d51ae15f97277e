/** A managed service's rules, or none of them: a self-managed server. Plain data; one file a service in `services/`. */
export interface Provider {
  /** As on the command line: `azure-flexible`. */
  id: string
  /** As people call it: `Azure Database for PostgreSQL, Flexible Server`. */
  name: string
  /** Any of these gives it away; empty for what is recognised by nothing. */
  signatures: readonly Signature[]
  /**
   * Whether a customer can be superuser here, in any edition that has these roles. Where never, a superuser's session
   * proves that the roles of the service are leftovers of an earlier migration.
   */
  superuser: 'never' | 'possible'
  /** What belongs to the service and never travels. `*` at the end of a name stands for any ending. */
  reserved: {
    roles: readonly string[]
    databases: readonly string[]
    schemas: readonly string[]
    extensions: readonly string[]
    tablespaces: readonly string[]
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
  /** Where the rules come from: pages of the service's own documentation. */
  sources: readonly string[]
}

export type RoleAttribute = 'SUPERUSER' | 'CREATEROLE' | 'CREATEDB' | 'REPLICATION' | 'BYPASSRLS'

export type Signature =
  | { role: string }
  | { database: string }
  | { schema: string }
  | { setting: string; value?: string }
  /** A function of pg_catalog: `aurora_version`. */
  | { function: string }
  /** A host name's ending, where nothing on the server tells: `.aptible.in`. */
  | { host: string }

/** A provider of which only what differs from a plain server is said. */
export type ProviderFields = Pick<Provider, 'id' | 'name'> &
  Partial<Omit<Provider, 'id' | 'name' | 'reserved' | 'replication'>> & {
    reserved?: Partial<Provider['reserved']>
    replication?: Partial<Provider['replication']>
  }

/** `fields` on top of `base`; lists replace lists. */
export function extendProvider(base: Provider, fields: ProviderFields): Provider {
  return {
    ...base,
    ...fields,
    reserved: { ...base.reserved, ...fields.reserved },
    replication: { ...base.replication, ...fields.replication },
  }
}
