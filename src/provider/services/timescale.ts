import { managed } from '../self-managed.ts'

export const timescale = managed({
  id: 'timescale',
  name: 'Tiger Cloud (Timescale)',
  // The extension and its schemas are on other servers, too; only the service has these roles.
  signatures: [{ role: 'tsdbadmin' }, { role: 'tsdbowner' }, { host: '.tsdb.cloud.timescale.com' }],
  reserved: {
    roles: ['tsdbadmin', 'tsdbowner', 'tsdbexplorer', 'postgres'],
    schemas: ['_timescaledb_*', 'timescaledb_*', 'timescale_functions'],
  },
  replication: {
    logical: 'no',
    parameters: [],
    grant: undefined,
    note: 'Logical replication out of the service is not offered without its support team, and hypertables do not travel by plain publications.',
  },
  parametersAt: 'Operations, Database parameters, of the service in the console',
  verifiers: 'unreadable',
  notes: [
    'Source and target need the same version of the extension timescaledb while data is carried over.',
    'Role tsdbexplorer is reserved by experience (not verified).',
  ],
  sources: ['https://clickhouse.com/docs/integrations/clickpipes/postgres/source/timescale'],
})
