import { like } from '../self-managed.ts'

export const aptible = like({
  id: 'aptible',
  name: 'Aptible managed PostgreSQL',
  signatures: [{ role: 'aptible' }, { host: '.aptible.in' }],
  reserved: { roles: ['aptible', 'postgres'] },
  parametersAt: 'ALTER SYSTEM as role aptible, and a restart with aptible db:restart',
  notes: [
    'Role aptible is a superuser, and the first database is called db.',
    'Roles that Aptible makes for further credentials are not listed: their names are not documented.',
  ],
  sources: ['https://www.aptible.com/docs/core-concepts/managed-databases/supported-databases/postgresql'],
})
