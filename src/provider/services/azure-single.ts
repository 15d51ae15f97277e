import { managed } from '../self-managed.ts'

export const azureSingle = managed({
  id: 'azure-single',
  name: 'Azure Database for PostgreSQL, Single Server (retired)',
  signatures: [{ role: 'azure_superuser' }],
  reserved: {
    roles: ['azure_superuser', 'azure_pg_admin'],
    databases: ['azure_maintenance', 'azure_sys'],
  },
  replication: {
    parameters: [{ name: 'azure.replication_support', value: 'logical', needs: 'restart' }],
    grant: 'GRANT azure_pg_admin TO $role',
    note: 'The grant is not verified: the service is gone.',
  },
  parameterNames: { wal_level: 'azure.replication_support' },
  parametersAt: 'the replication page of the server in the portal',
  verifiers: 'readable',
  notes: [
    'Logins have the form user@server; the role in the database is user alone.',
    'Locales have the names of Windows (English_United States.1252) and need a mapping on any other system.',
    'Verifiers are md5, which 18 warns about and later versions will not take.',
  ],
  sources: ['https://learn.microsoft.com/en-us/azure/postgresql/single-server/concepts-servers'],
})
