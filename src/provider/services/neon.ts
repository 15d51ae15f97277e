import { managed } from '../self-managed.ts'

export const neon = managed({
  id: 'neon',
  name: 'Neon',
  signatures: [{ role: 'neon_superuser' }, { schema: 'neon_migration' }, { host: '.neon.tech' }],
  reserved: {
    roles: ['cloud_admin', 'neon_superuser', 'neon_service'],
    schemas: ['neon', 'neon_auth', 'neon_migration'],
    extensions: ['neon', 'neon_utils'],
  },
  replication: {
    parameters: [{ name: 'wal_level', value: 'logical', needs: 'restart' }],
    grant: undefined,
    note: 'Roles made in the console or by the API have REPLICATION, roles made in SQL do not. Turning logical replication on restarts the computes and cannot be undone.',
  },
  parametersAt: 'Settings, Logical Replication, of the project in the console',
  verifiers: 'unreadable',
  notes: [
    'Use the direct host, not the one with -pooler in its name.',
    'A compute that sleeps does not stream; slots that nobody reads are dropped after a while (not verified how long).',
    'Schema neon_auth belongs to the service and does not travel.',
  ],
  sources: ['https://neon.com/docs/manage/roles', 'https://neon.com/docs/guides/logical-replication-neon'],
})
