import { managed } from '../self-managed.ts'

export const cloudSql = managed({
  id: 'cloud-sql',
  name: 'Google Cloud SQL for PostgreSQL',
  signatures: [{ role: 'cloudsqlsuperuser' }, { role: 'cloudsqladmin' }, { database: 'cloudsqladmin' }],
  reserved: {
    // cloudsqladmin, -superuser, -agent, -replica, -logical, -importexport, -observability, -connpooladmin, -iam..., -inactiveuser
    roles: ['cloudsql*'],
    databases: ['cloudsqladmin'],
    extensions: ['google_*'],
  },
  replication: {
    parameters: [{ name: 'cloudsql.logical_decoding', value: 'on', needs: 'restart' }],
    grant: 'ALTER USER $role WITH REPLICATION',
    note: 'Done by a member of cloudsqlsuperuser.',
  },
  parameterNames: { wal_level: 'cloudsql.logical_decoding' },
  parametersAt: 'the database flags of the instance',
  verifiers: 'unreadable',
  notes: [
    'Flags cloudsql.pg_shadow_select_role and cloudsql.pg_authid_select_role name a role that may read the password verifiers.',
  ],
  sources: ['https://cloud.google.com/sql/docs/postgres/users', 'https://cloud.google.com/sql/docs/postgres/flags'],
})
