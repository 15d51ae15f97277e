import { managed } from '../self-managed.ts'

export const aiven = managed({
  id: 'aiven',
  name: 'Aiven for PostgreSQL',
  signatures: [{ role: 'avnadmin' }, { role: '_aiven' }, { database: '_aiven' }, { host: '.aivencloud.com' }],
  reserved: {
    roles: ['avnadmin', 'avnadmin_group', '_avnadmin_*', '_aiven*', 'postgres'],
    databases: ['_aiven'],
    extensions: ['aiven_extras'],
  },
  replication: {
    parameters: [],
    grant: 'ALTER ROLE $role REPLICATION',
    note: 'avnadmin has REPLICATION itself. Without superuser, aiven_extras.pg_create_subscription() and aiven_extras.pg_create_publication_for_all_tables() stand in for the statements.',
  },
  parametersAt: 'the advanced configuration of the service in the console',
  notes: ['Use the direct port, not a connection pool.'],
  sources: [
    'https://aiven.io/docs/products/postgresql/howto/manage-service-users',
    'https://github.com/aiven/aiven-extras',
  ],
})
