import { managed } from '../self-managed.ts'

export const heroku = managed({
  id: 'heroku',
  name: 'Heroku Postgres',
  signatures: [{ schema: 'heroku_ext' }, { schema: '_heroku' }],
  reserved: {
    roles: ['postgres'],
    schemas: ['heroku_ext', '_heroku'],
  },
  notGrantable: ['SUPERUSER', 'REPLICATION', 'BYPASSRLS', 'CREATEROLE', 'CREATEDB'],
  replication: {
    logical: 'no',
    parameters: [],
    grant: undefined,
    note: 'There is no REPLICATION for customers: migrate offline, or with triggers.',
  },
  parametersAt: 'heroku pg:settings',
  verifiers: 'unreadable',
  notes: [
    'Extensions lie in schema heroku_ext, which other servers do not have: they are installed in public or a schema of your choice first.',
    'Credentials are made with heroku pg:credentials, not with CREATE ROLE.',
  ],
  sources: ['https://devcenter.heroku.com/articles/heroku-postgresql'],
})
