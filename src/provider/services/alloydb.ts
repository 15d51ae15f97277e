import { managed } from '../self-managed.ts'

export const alloydb = managed({
  id: 'alloydb',
  name: 'Google AlloyDB for PostgreSQL',
  signatures: [{ role: 'alloydbsuperuser' }, { role: 'alloydbadmin' }, { database: 'alloydbadmin' }],
  reserved: {
    // alloydbadmin, -superuser, -agent, -replica, -importexport, -iamuser ...
    roles: ['alloydb*'],
    databases: ['alloydbadmin', 'alloydbmetadata'],
    schemas: ['ai', 'google_ml', 'helpobj', 'perfsnap', 'pgsnap'],
    extensions: ['g_stats', 'google_*'],
  },
  replication: {
    parameters: [{ name: 'alloydb.logical_decoding', value: 'on', needs: 'restart' }],
    grant: 'ALTER USER $role WITH REPLICATION',
    note: 'Done by a member of alloydbsuperuser.',
  },
  parameterNames: { wal_level: 'alloydb.logical_decoding' },
  parametersAt: 'the database flags of the instance',
  verifiers: 'unreadable',
  notes: [
    'Schemas ai, google_ml, helpobj, perfsnap and pgsnap and database alloydbmetadata are reserved by experience; the documentation does not list them.',
  ],
  sources: ['https://cloud.google.com/alloydb/docs/database-users/about'],
})
