import { isReserved } from '../provider/index.ts'
import { quoteIdent, quoteLiteral } from '../sql.ts'
import type { RoleAttributes, RoleFacts } from './facts.ts'
import { createRoleSql, GIVEN, wantedRole, withoutLogin, type Wanted } from './plan-attributes.ts'
import { planLabels } from './plan-labels.ts'
import { planMemberships, planOwnMemberships } from './plan-memberships.ts'
import { planParameterGrants } from './plan-parameters.ts'
import { planSettings } from './plan-settings.ts'
import type { Difference, PlannedTablespace, RolesPlan } from './plan.ts'
import { compareTexts, mayAlter, reservedOnTarget, startPlanning, type Planning, type RolesInput } from './planning.ts'
import { isPasswordOf } from './verifier.ts'

/**
 * What has to be done so that the target has the source's roles: pure, and only ever adds. What is there already is
 * compared; the connecting role of the target and reserved roles are never altered. Planned again once the plan has been
 * carried out, it has no changes.
 */
export function planRoles(input: RolesInput): RolesPlan {
  const planning = startPlanning(input)
  const passwords = planEachRole(planning)
  planMemberships(planning)
  if (planning.options.ownMemberships === 'grant') planOwnMemberships(planning)
  planSettings(planning)
  planParameterGrants(planning)
  const { target, changes, leftOut, differences, noLogin } = planning
  return {
    target: { major: target.major, user: target.user },
    changes,
    leftOut,
    differences,
    noLogin,
    tablespaces: planTablespaces(planning),
    passwords,
  }
}

function planEachRole(planning: Planning): RolesPlan['passwords'] {
  const { source, images, onTarget, target, leftOut, targetProvider, sourceProvider } = planning
  const taken = new Map<string, string>()
  let passwords: RolesPlan['passwords'] = 'SAME'
  // A role that keeps its name is the one that others are mapped onto.
  const order = source.roles.toSorted(
    (a, b) => mapped(planning, a) - mapped(planning, b) || compareTexts(a.name, b.name),
  )
  for (const role of order) {
    const name = images.get(role.name)
    if (name === undefined) {
      if (role.name.startsWith('pg_')) continue
      const message = `It belongs to ${sourceProvider.name} and stays behind.`
      leftOut.push({ kind: 'role', object: `role ${role.name}`, reason: 'reserved', message })
      continue
    }
    const first = taken.get(name)
    taken.set(name, first ?? role.name)
    const there = onTarget.get(name)
    if (first !== undefined) {
      const message = `On the target it is ${name}, as is ${first}, whose attributes that role has.`
      leftOut.push({ kind: 'role', object: `role ${role.name}`, reason: 'merged', message })
    } else if (
      reservedOnTarget(planning, name) ||
      (there !== undefined && isReserved(sourceProvider, 'role', role.name))
    ) {
      const message = `On the target, ${name} belongs to ${targetProvider.name}; it is neither made nor altered.`
      leftOut.push({ kind: 'role', object: `role ${role.name}`, reason: 'reserved', message })
    } else if (there === undefined) {
      create(planning, role, wantedRole(planning, role, name))
    } else {
      const same = compareRole(planning, role, there, wantedRole(planning, role, name))
      if (name === target.user || same === 'SAME') continue
      if (passwords !== 'DIFFERENT') passwords = same
    }
  }
  return passwords
}

function mapped({ images }: Planning, { name }: RoleFacts): number {
  return images.get(name) === name ? 0 : 1
}

function create(planning: Planning, role: RoleFacts, wanted: Wanted): void {
  const { changes, created, leftOut, noLogin } = planning
  const { name, attributes, password } = wanted
  const object = `role ${name}`
  const sql = createRoleSql(name, attributes)
  created.add(name)
  leftOut.push(...wanted.reduced.values())
  const lost = wanted.reduced.get('login')
  if (lost !== undefined) noLogin.push(withoutLogin(name, lost.reason))
  if (password === undefined) {
    changes.push({ kind: 'role', object, sql, roles: [] })
  } else {
    // A provider may refuse verifiers with a rule of its own; then the role comes without a password, as if unreadable.
    const otherwise = {
      sql: createRoleSql(name, { ...attributes, login: false }),
      leftOut: {
        kind: 'role',
        object,
        reason: 'verifier-refused',
        message: `Its password${attributes.login ? ' and LOGIN are' : ' is'} left out, as the target refused it.`,
      },
      ...(attributes.login ? { noLogin: withoutLogin(name, 'verifier-refused') } : {}),
    } as const
    changes.push({ kind: 'role', object, sql, password: password.verifier, otherwise, roles: [] })
  }
  if (role.comment !== undefined) planComment(planning, name, role.comment)
  planLabels(planning, role, { name, labels: [] })
}

function planComment({ changes }: Planning, name: string, comment: string): void {
  const sql = `COMMENT ON ROLE ${quoteIdent(name)} IS ${quoteLiteral(comment)}`
  changes.push({ kind: 'comment', object: `comment on role ${name}`, sql, roles: [name] })
}

const FIELDS: readonly (keyof RoleAttributes)[] = [
  ...GIVEN.map(([field]) => field),
  'inherit',
  'login',
  'connectionLimit',
  'validUntil',
]

/** A role that is on both sides. Returns whether its password is the same. */
function compareRole(planning: Planning, role: RoleFacts, there: RoleFacts, wanted: Wanted): RolesPlan['passwords'] {
  const { target, differences, leftOut } = planning
  const connecting = there.name === target.user
  const found = (field: string, source: string, onTarget: string) => {
    const difference: Difference = { kind: 'role', object: `role ${there.name}`, field, source, target: onTarget }
    differences.push(connecting ? { ...difference, reason: 'connecting-role' } : difference)
  }
  for (const field of FIELDS) {
    if (there[field] === role[field]) continue
    const reduced = wanted.reduced.get(field)
    if (!connecting && reduced !== undefined && there[field] === wanted.attributes[field]) leftOut.push(reduced)
    else found(field, shown(role[field]), shown(there[field]))
  }
  if (there.comment !== role.comment) {
    if (there.comment === undefined && role.comment !== undefined && !connecting && mayAlter(planning, there.name)) {
      planComment(planning, there.name, role.comment)
    } else {
      found('comment', shown(role.comment), shown(there.comment))
    }
  }
  planLabels(planning, role, there)
  const same = comparePassword(planning, role, there, wanted)
  if (same === 'DIFFERENT' && !connecting) found('password', 'another one', 'another one')
  return same
}

function comparePassword(
  { options }: Planning,
  role: RoleFacts,
  there: RoleFacts,
  wanted: Wanted,
): RolesPlan['passwords'] {
  const given = options.passwords?.get(role.name)
  const readable = role.verifier.kind !== 'unreadable' || given !== undefined
  if (!readable || there.verifier.kind === 'unreadable') return role.login || there.login ? 'UNKNOWN' : 'SAME'
  const stored = 'value' in there.verifier ? there.verifier.value : undefined
  if (given?.password !== undefined) {
    return stored !== undefined && isPasswordOf(given.password, stored, there.name) ? 'SAME' : 'DIFFERENT'
  }
  // What was left out may be set on the target by now, and cannot be compared then.
  if (wanted.reduced.has('password')) return stored === undefined ? 'SAME' : 'UNKNOWN'
  return wanted.password?.verifier.reveal() === stored?.reveal() ? 'SAME' : 'DIFFERENT'
}

function shown(value: RoleAttributes[keyof RoleAttributes]): string {
  return value === undefined ? 'none' : value === true ? 'yes' : value === false ? 'no' : String(value)
}

function planTablespaces({ source, target, options }: Planning): PlannedTablespace[] {
  const there = new Set(target.tablespaces.map(({ name }) => name))
  return source.tablespaces.map(({ name, databases }) => {
    const to = options.tablespaceMap?.get(name)
    if (to !== undefined) return { name, databases, target: to, how: there.has(to) ? 'mapped' : 'missing' }
    if (there.has(name)) return { name, databases, target: name, how: 'same-name' }
    return { name, databases, target: undefined, how: 'default' }
  })
}
