import { type Provider, type ProviderFields, extendProvider } from './provider.ts'

/** A server that its users run themselves, and what is assumed of one that nothing gives away. */
export const selfManaged: Provider = {
  id: 'self-managed',
  name: 'self-managed PostgreSQL',
  signatures: [],
  superuser: 'possible',
  reserved: { roles: [], databases: [], schemas: [], extensions: [], tablespaces: [] },
  notGrantable: [],
  notAllowed: [],
  replication: {
    logical: 'yes',
    parameters: [{ name: 'wal_level', value: 'logical', needs: 'restart' }],
    grant: 'ALTER ROLE $role REPLICATION',
  },
  parameterNames: {},
  parametersAt: 'postgresql.conf, or ALTER SYSTEM',
  extensionsAt: undefined,
  verifiers: 'readable',
  notes: [],
  sources: ['https://www.postgresql.org/docs/current/logical-replication-config.html'],
}

/** A service that gives its customers superusers: only what is not as on a server of one's own has to be said. */
export function like(fields: ProviderFields): Provider {
  return extendProvider(selfManaged, { sources: [], ...fields })
}

/**
 * A service whose customers are no superusers. What PostgreSQL gives to superusers alone (tsearchcmds.c, tablespace.c,
 * user.c) is not allowed and not granted, unless the service's own rules say otherwise.
 */
export function managed(fields: ProviderFields): Provider {
  return extendProvider(selfManaged, {
    superuser: 'never',
    notGrantable: ['SUPERUSER'],
    notAllowed: ['TABLESPACE', 'TEXT SEARCH PARSER', 'TEXT SEARCH TEMPLATE'],
    verifiers: 'unknown',
    sources: [],
    ...fields,
  })
}
