import type { Session } from '../../connection/index.ts'
import type { Fix } from '../../report/index.ts'
import { loadSql, quoteIdent } from '../../sql.ts'
import { formatCount } from '../../units.ts'
import type { NewFinding, Pair } from '../check.ts'
import { check } from '../check.ts'

interface PublisherRow {
  role: string
  replication: boolean
  database: string
  may_create: boolean
  member_of: string[]
  /** Null where our role owns every table. */
  owner: string | null
  tables: number | null
  example: string | null
}

export const t07 = check<PublisherRow>({
  id: 'T07',
  title: 'Our role may publish every table of the source',
  severity: 'block',
  paths: ['online'],
  source: loadSql(import.meta.url, 'publisher-rights.sql'),
  assess: ({ source }, pair) => [
    ...source.slice(0, 1).flatMap((row) => [...replicate(row, pair), ...create(row)]),
    ...source.flatMap((row) => notOurs(row)),
  ],
})

function replicate({ role, replication, member_of: memberOf }: PublisherRow, { source }: Pair): NewFinding[] {
  const { grant, note } = source.provider.replication
  // Some services have a role for it in place of the attribute.
  const group = /^GRANT (\w+) TO \$role$/iu.exec(grant ?? '')?.[1]
  if (replication || (group !== undefined && memberOf.includes(group))) return []
  return [
    {
      object: `role ${role}`,
      message: `${role} may not open a replication connection to the source${group === undefined ? '' : ` (it is not a member of ${group})`}.`,
      fix: replicationRight(role, grant, note),
    },
  ]
}

function replicationRight(role: string, grant: string | undefined, note: string | undefined): Fix {
  if (grant === undefined) return { kind: 'advice', text: note ?? 'Ask the service how a role gets it.' }
  const name = quoteIdent(role)
  const sql = grant.replaceAll('$role', () => name)
  const undo = sql.startsWith('GRANT ')
    ? sql.replace('GRANT ', 'REVOKE ').replace(' TO ', ' FROM ')
    : `ALTER ROLE ${name} NOREPLICATION`
  return { kind: 'sql', side: 'source', sql: `${sql};`, undo: `${undo};` }
}

function create({ role, database, may_create: mayCreate }: PublisherRow): NewFinding[] {
  if (mayCreate) return []
  const on = `CREATE ON DATABASE ${quoteIdent(database)}`
  return [
    {
      object: `role ${role} in database ${database}`,
      message: `${role} may not make a publication in database ${database} of the source: that takes the privilege CREATE on it.`,
      fix: {
        kind: 'sql',
        side: 'source',
        sql: `GRANT ${on} TO ${quoteIdent(role)};`,
        undo: `REVOKE ${on} FROM ${quoteIdent(role)};`,
      },
    },
  ]
}

function notOurs({ role, owner, tables, example }: PublisherRow): NewFinding[] {
  if (owner === null || tables === null || example === null) return []
  return [
    {
      object: `tables of ${owner}`,
      message: `Only its owner may add a table to a publication, and ${role} does not have the rights of ${owner}, who owns ${tables === 1 ? example : `${formatCount(tables)} tables (${example})`}.`,
      fix: {
        kind: 'sql',
        side: 'source',
        sql: `GRANT ${quoteIdent(owner)} TO ${quoteIdent(role)};`,
        undo: `REVOKE ${quoteIdent(owner)} FROM ${quoteIdent(role)};`,
      },
    },
  ]
}

interface LoginRow {
  role: string
  /** Our session was let in without a password. */
  without: boolean
}

interface SubscriberRow {
  role: string
  super: boolean
}

export const t06 = check<LoginRow, SubscriberRow>({
  id: 'T06',
  title: 'The source asks the subscription for a password',
  severity: 'error',
  paths: ['online'],
  needs: 'target',
  // Before 16 only superusers make subscriptions, and those need no password.
  when: ({ target }) => target.major >= 16,
  source: {
    probe: async ({ source, info }) => {
      const hasPassword = info.source.hosts.some((host) => info.source.passwordFor(host) !== undefined)
      return [{ role: source.user, without: !hasPassword || (await letInWithout(source)) }]
    },
  },
  target:
    'SELECT r.rolname::text AS role, r.rolsuper AS super FROM pg_catalog.pg_roles r WHERE r.rolname = CURRENT_USER',
  assess: ({ source, target = [] }) =>
    target.some((row) => row.super)
      ? []
      : source
          .filter(({ without }) => without)
          .map(({ role }) => ({
            object: `role ${role}`,
            message: `The source lets ${role} in without a password. The target's role is no superuser, and its subscription has to be asked for one (password_required): it would be refused.`,
            fix: {
              kind: 'advice',
              text: `Give ${role} a password, and let pg_hba.conf of the source ask for it (scram-sha-256) where the target comes from.`,
            },
          })),
})

/** From PostgreSQL 16 on a session knows how it was let in; before, what the connection string has is all that is known. */
async function letInWithout(source: Session): Promise<boolean> {
  if (source.major < 16) return false
  const [row] = await source.query<{ without: boolean }>('SELECT SYSTEM_USER IS NULL AS without')
  return row?.without === true
}
