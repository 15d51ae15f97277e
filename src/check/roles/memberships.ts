import { isReserved } from '../../provider/index.ts'
import { loadSql, quoteIdent } from '../../sql.ts'
import { check, type NewFinding, type Pair } from '../check.ts'
import { listed, quotedList, roleObject, statements } from '../names.ts'
import { ROLES, travelling, type RoleRow } from './role-row.ts'

interface Membership {
  role: string
  member: string
}

interface TargetRole {
  role: string
  members: string[]
  me: string
  /** Of the role itself. */
  superuser: boolean
  grantable: boolean
}

/** The first major on which CREATEROLE is no power over every role (release notes of 16, "Migration"). */
const ADMIN_OPTION_RULES = 16

export const memberships = check<Membership | RoleRow, TargetRole>({
  id: 'R07',
  title: 'Memberships can be granted on the target and mean the same there',
  severity: 'error',
  paths: ['roles'],
  source: {
    probe: async ({ source }) => [
      ...(await source.query<Membership>(MEMBERSHIPS)),
      ...(await source.query<RoleRow>(ROLES)),
    ],
  },
  target: loadSql(import.meta.url, 'grantable-roles.sql'),
  assess: ({ source, target }, pair) => {
    const roles = source.filter((row) => 'name' in row)
    const pairs = source.filter((row) => 'member' in row)
    return [...refusedGrants(pairs, target ?? [], pair), ...lesserCreaterole(roles, pair)]
  },
})

const MEMBERSHIPS = loadSql(import.meta.url, 'memberships.sql')

/** Roles that are on the target already, where our login cannot make others a member of them. */
function refusedGrants(pairs: readonly Membership[], target: readonly TargetRole[], pair: Pair): NewFinding[] {
  return target.flatMap(({ role, members, me, superuser, grantable }) => {
    if (grantable || isProviders(role, pair)) return []
    const wanted = pairs.filter(
      (one) => one.role === role && !members.includes(one.member) && !isProviders(one.member, pair),
    )
    if (wanted.length === 0) return []
    const to = `${quoteIdent(role)} TO ${quoteIdent(me)}`
    const from = `${quoteIdent(role)} FROM ${quoteIdent(me)}`
    return [
      {
        object: roleObject(role),
        message: `${listed(wanted.map(({ member }) => member))} should become a member of it on the target, where the role is already and "${me}" may not grant it: GRANT needs ADMIN OPTION${pair.target.major >= ADMIN_OPTION_RULES ? ', since PostgreSQL 16 also for roles with CREATEROLE' : ''}.`,
        fix: superuser
          ? {
              kind: 'advice',
              text: 'It is a superuser on the target: think twice, and have a superuser grant it there.',
            }
          : {
              kind: 'sql',
              side: 'target',
              sql: statements(`GRANT ${to} WITH ADMIN OPTION`),
              undo: statements(`REVOKE ${from}`),
            },
      },
    ]
  })
}

function isProviders(role: string, { source, target }: Pair): boolean {
  if (role.startsWith('pg_')) return false
  return isReserved(source.provider, 'role', role) || isReserved(target.provider, 'role', role)
}

/** Roles whose CREATEROLE is worth less on the target. */
function lesserCreaterole(roles: readonly RoleRow[], pair: Pair): NewFinding[] {
  if (pair.source.major >= ADMIN_OPTION_RULES || pair.target.major < ADMIN_OPTION_RULES) return []
  const all = travelling(roles, pair.source.provider)
  return all
    .filter(({ createrole, superuser }) => createrole && !superuser)
    .flatMap(({ name }) => {
      const others = all.filter((other) => other.name !== name && !other.superuser).map((other) => other.name)
      if (others.length === 0) return []
      return [
        {
          severity: 'warning' as const,
          object: roleObject(name),
          message: `It has CREATEROLE, which on PostgreSQL ${String(pair.target.major)} is no power over every role any more: it administers the roles that it creates itself, and no others without ADMIN OPTION.`,
          fix: {
            kind: 'advice' as const,
            text: `Once the roles are on the target, grant it those that it is to administer there: GRANT ${quotedList(others.slice(0, 3))}${others.length > 3 ? ', ...' : ''} TO ${quoteIdent(name)} WITH ADMIN OPTION;`,
          },
        },
      ]
    })
}
