import type { Provider } from './provider.ts'

/** A server that its users run themselves, and what is assumed of one that nothing gives away. */
export const selfManaged: Provider = {
  id: 'self-managed',
  name: 'self-managed PostgreSQL',
  signatures: [],
  reserved: { roles: [], databases: [], schemas: [], extensions: [] },
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
}
