import { managed } from '../self-managed.ts'

export const planetscale = managed({
  id: 'planetscale',
  name: 'PlanetScale Postgres',
  signatures: [{ role: 'pscale_admin' }, { schema: 'pscale_extensions' }, { host: '.pg.psdb.cloud' }],
  reserved: {
    roles: ['pscale_*'],
    schemas: ['pscale_extensions'],
  },
  replication: {
    grant: 'ALTER ROLE $role REPLICATION',
    note: 'The default role has REPLICATION, BYPASSRLS and pg_create_subscription.',
  },
  parametersAt: 'the cluster configuration in the dashboard',
  extensionsAt: 'the list of extensions in the cluster configuration',
  notes: ['Extension hypopg is installed by the service, in schema pscale_extensions.'],
  sources: [
    'https://planetscale.com/docs/postgres/connecting/roles',
    'https://planetscale.com/docs/postgres/postgres-compatibility',
  ],
})
