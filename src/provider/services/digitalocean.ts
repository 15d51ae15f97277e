import { managed } from '../self-managed.ts'

export const digitalocean = managed({
  id: 'digitalocean',
  name: 'DigitalOcean Managed PostgreSQL',
  signatures: [{ role: '_dodb' }, { role: 'doadmin' }, { database: '_dodb' }, { host: '.db.ondigitalocean.com' }],
  reserved: {
    roles: ['doadmin', 'doadmin_group', '_doadmin_*', '_dodb*', '_avnadmin_*', 'avnadmin_group', 'postgres'],
    databases: ['_dodb'],
    extensions: ['aiven_extras'],
  },
  replication: {
    parameters: [],
    grant: 'ALTER ROLE $role REPLICATION',
    note: 'doadmin has REPLICATION itself. Before 16 a subscription needs aiven_extras.pg_create_subscription().',
  },
  parametersAt: 'the configuration of the cluster by API (doctl databases configuration update)',
  notes: [
    'Use the direct port, not a connection pool.',
    'Grants on parameters (pg_parameter_acl) belong to the service.',
  ],
  sources: ['https://docs.digitalocean.com/products/databases/postgresql/how-to/migrate-to-self-managed/'],
})
