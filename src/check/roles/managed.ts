import { isReserved, readPowers, type RoleAttribute } from '../../provider/index.ts'
import { loadSql, quoteIdent } from '../../sql.ts'
import { check, type CheckedServer, type NewFinding, type Pair, type ProbeEnds } from '../check.ts'
import { listed, roleObject } from '../names.ts'
import { ROLES, travelling, type RoleRow } from './role-row.ts'

export const reservedRoles = check<RoleRow>({
  id: 'R01',
  title: 'No role depends on names that a provider keeps for itself',
  severity: 'warning',
  paths: ['roles'],
  source: ROLES,
  assess: ({ source }, pair) =>
    travelling(source, pair.source.provider).flatMap((role) => [...nameTaken(role, pair), ...groupsLost(role, pair)]),
})

function nameTaken({ name }: RoleRow, { target }: Pair): NewFinding[] {
  if (!isReserved(target.provider, 'role', name)) return []
  return [
    {
      severity: 'error',
      object: roleObject(name),
      message: `${target.provider.name} keeps this name for itself: there the role is neither made nor changed, and what it owns or was granted needs another role.`,
      fix: { kind: 'advice', text: `Name another role of the target for it: --role-map ${name}=NEW.` },
    },
  ]
}

/** Memberships in the source provider's roles, those that PostgreSQL has everywhere aside. */
function groupsLost({ name, groups }: RoleRow, { source, target }: Pair): NewFinding[] {
  const own = groups.filter((group) => !group.startsWith('pg_') && isReserved(source.provider, 'role', group))
  if (own.length === 0) return []
  const message = `It is a member of ${listed(own)}, of ${source.provider.name}, which does not travel: what it may do by that, it may not do on the target until it is granted something of the kind there.`
  const object = roleObject(name)
  const grant = own.map((group) => `GRANT ${quoteIdent(group)} TO ${quoteIdent(name)};`).join(' ')
  const text =
    source.provider.id === target.provider.id
      ? `The target has the same service's roles; once the role is there, run on it: ${grant}`
      : `Grant it the target's counterpart once it is there, or individual rights; predefined roles such as pg_monitor are on every server.`
  return [{ object, message, fix: { kind: 'advice', text } }]
}

export const attributes = check<RoleRow, RoleRow | Refused>({
  id: 'R02',
  title: 'The target can give every role its attributes',
  severity: 'error',
  paths: ['roles'],
  source: ROLES,
  target: { probe: rolesAndRefusals },
  assess: ({ source, target }, pair) => {
    const there = target?.filter((row) => 'name' in row) ?? []
    const refused = target?.find((row) => 'refused' in row)?.refused ?? pair.target.provider.notGrantable
    return travelling(source, pair.source.provider)
      .filter(({ name }) => !isReserved(pair.target.provider, 'role', name))
      .flatMap((role) =>
        attributesLost(
          role,
          there.find(({ name }) => name === role.name),
          { refused, server: pair.target },
        ),
      )
  },
})

interface Refused {
  refused: readonly RoleAttribute[]
}

/** What our login may give is tried there, on a session of its own, and rolled back: services have rules of their own. */
async function rolesAndRefusals({ target, open, signal }: ProbeEnds): Promise<(RoleRow | Refused)[]> {
  if (target === undefined) return []
  await using session = await open('target', 'powers')
  const { give } = await readPowers(session, 'probe', { signal })
  const refused = ATTRIBUTES.map(({ attribute }) => attribute).filter((attribute) => give[attribute] === 'no')
  return [...(await target.query<RoleRow>(ROLES)), { refused }]
}

const ATTRIBUTES: readonly { attribute: RoleAttribute; key: keyof RoleRow }[] = [
  { attribute: 'SUPERUSER', key: 'superuser' },
  { attribute: 'CREATEROLE', key: 'createrole' },
  { attribute: 'CREATEDB', key: 'createdb' },
  { attribute: 'REPLICATION', key: 'replication' },
  { attribute: 'BYPASSRLS', key: 'bypassrls' },
]

function attributesLost(
  role: RoleRow,
  there: RoleRow | undefined,
  { refused, server }: Refused & { server: CheckedServer },
): NewFinding[] {
  const lost = ATTRIBUTES.filter(
    ({ attribute, key }) => role[key] === true && there?.[key] !== true && refused.includes(attribute),
  ).map(({ attribute }) => attribute)
  if (lost.length === 0) return []
  const alone = lost.length === 1 && lost[0] === 'REPLICATION'
  const grant = server.provider.replication.grant
  const superuser = `As a superuser of the target, once the role is there: ALTER ROLE ${quoteIdent(role.name)} ${lost.join(' ')};`
  const text =
    server.provider.superuser === 'possible'
      ? superuser
      : alone && grant !== undefined
        ? `On ${server.provider.name}, once the role is there: ${grant.replace('$role', quoteIdent(role.name))};`
        : `See what ${server.provider.name} has in its place, or live without.`
  return [
    {
      object: roleObject(role.name),
      message: `It has ${lost.join(' and ')}, which cannot be given on the target with the rights of our login there: the role arrives without.`,
      fix: { kind: 'advice', text },
    },
  ]
}

interface CloudRole {
  name: string
  /** `a member of rds_iam` */
  by: string
}

export const cloudIdentities = check<CloudRole>({
  id: 'R19',
  title: "No role logs in by a cloud's identity service",
  severity: 'error',
  paths: ['roles'],
  source: loadSql(import.meta.url, 'cloud-identities.sql'),
  assess: ({ source }, { target }) =>
    source.map(({ name, by }) => ({
      object: roleObject(name),
      message: `It logs in by the cloud's identity service (it is ${by}) and has no password that could travel: nobody can log in as it on the target before it is set up there.`,
      fix: {
        kind: 'advice',
        text: `Set the same identity up at ${target.provider.name} first, under the same name, or give the role a password on the target.`,
      },
    })),
})
