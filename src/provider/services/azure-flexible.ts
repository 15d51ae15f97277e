import { managed } from '../self-managed.ts'

export const azureFlexible = managed({
  id: 'azure-flexible',
  name: 'Azure Database for PostgreSQL, Flexible Server',
  signatures: [{ role: 'azuresu' }, { setting: 'azure.extensions' }, { role: 'azure_pg_admin' }],
  reserved: {
    roles: ['azuresu', 'azure_pg_admin', 'replication'],
    databases: ['azure_maintenance', 'azure_sys'],
    extensions: ['azure', 'pgaadauth'],
    tablespaces: ['temptblspace'],
  },
  notAllowed: ['TABLESPACE', 'CAST', 'TEXT SEARCH PARSER', 'TEXT SEARCH TEMPLATE'],
  replication: {
    parameters: [
      { name: 'wal_level', value: 'logical', needs: 'restart' },
      { name: 'max_worker_processes', value: '16', needs: 'restart' },
    ],
    grant: 'ALTER ROLE $role WITH REPLICATION',
    note: 'Done by the server administrator; the workers are needed where this server is the subscriber.',
  },
  parametersAt: 'the server parameters in the portal',
  extensionsAt: 'server parameter azure.extensions; what needs preloading also in shared_preload_libraries',
  verifiers: 'unreadable',
  notes: [
    'Catalogs that only azuresu reads: pg_authid, pg_shadow, pg_subscription, pg_largeobject, pg_user_mapping and a few more.',
    'Schema public of a new database belongs to azure_pg_admin.',
    'Base types and languages beyond those offered cannot be made here.',
  ],
  sources: [
    'https://learn.microsoft.com/en-us/azure/postgresql/flexible-server/concepts-servers',
    'https://learn.microsoft.com/en-us/azure/postgresql/flexible-server/concepts-logical',
    'https://learn.microsoft.com/en-us/azure/postgresql/flexible-server/how-to-create-users',
  ],
})
