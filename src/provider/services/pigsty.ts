import { like } from '../self-managed.ts'

export const pigsty = like({
  id: 'pigsty',
  name: 'Pigsty',
  signatures: [{ role: 'dbrole_readwrite' }, { role: 'dbuser_dba' }],
  reserved: {
    roles: [
      'postgres',
      'replicator',
      'dbuser_dba',
      'dbuser_monitor',
      'dbuser_stats',
      'dbrole_readonly',
      'dbrole_readwrite',
      'dbrole_offline',
      'dbrole_admin',
    ],
    schemas: ['monitor'],
  },
  replication: { parameters: [], note: 'wal_level is logical by default.' },
  parametersAt: 'Patroni: pg edit-config, and pg restart where a restart is needed',
  notes: [
    'Roles that use pgbouncer are also listed in its user file (pgbouncer-create-user), or nobody gets in through it.',
    'Roles and databases are declared in the inventory: add them there, too, or the next run of the playbook does not know them.',
  ],
  sources: ['https://pigsty.io/docs/pgsql'],
})
