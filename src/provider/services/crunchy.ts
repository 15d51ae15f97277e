import { like } from '../self-managed.ts'

export const crunchy = like({
  id: 'crunchy',
  name: 'Crunchy Bridge',
  signatures: [{ role: 'crunchy_superuser' }, { role: 'crunchy_replication' }, { host: '.db.postgresbridge.com' }],
  reserved: { roles: ['postgres', 'crunchy_*'] },
  replication: { parameters: [], note: 'wal_level is logical already.' },
  parametersAt: 'the configuration parameters of the cluster in the dashboard',
  notes: [
    'Role postgres is a superuser. Role application owns your objects by default and is not reserved.',
    'Roles of team members start with u_ (not verified); their passwords are made by the service.',
  ],
  sources: ['https://docs.crunchybridge.com/how-to/logical-replication'],
})
