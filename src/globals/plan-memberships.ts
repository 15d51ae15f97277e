import { quoteIdent } from '../sql.ts'
import { isReserved } from '../provider/index.ts'
import type { Membership } from './facts.ts'
import { compareTexts, mayGrant, reservedOnTarget, willBeThere, type Planning } from './planning.ts'
import type { Reason } from './plan.ts'

/** A membership with the target's names; from 16 on there may be several of one role in another, by different grantors. */
interface Grant {
  role: string
  member: string
  grantor: string | undefined
  admin: boolean
  inherit: boolean
  set: boolean
}

/**
 * Memberships that are missing, in an order in which each grantor has its ADMIN already; those that are there are compared
 * by what they add up to. Grantors are kept where a superuser asks, from 16 to 16 and newer.
 */
export function planMemberships(planning: Planning): void {
  const { source, target, differences } = planning
  const wanted = source.memberships.flatMap((membership) => grantOf(planning, membership) ?? [])
  const there = byPair(target.memberships.map((one) => ({ ...one, grantor: undefined })))
  const missing: Grant[] = []
  for (const [pair, grants] of grouped(wanted)) {
    const sum = addUp(grants)
    const present = there.get(pair)
    if (present === undefined) missing.push(...grants.map((grant) => expressible(planning, grant)))
    else compareOptions(planning, sum, present)
  }
  for (const extra of extras(planning, new Set(wanted.map(pairOf)))) {
    differences.push({ kind: 'membership', object: nameOf(extra), field: 'membership', source: 'no', target: 'yes' })
  }
  const allowed = missing.filter((grant) => isAllowed(planning, grant))
  for (const grant of inOrder(planning, withGrantors(planning, allowed))) {
    const sql = grantSql(target.major, grant)
    planning.changes.push({ kind: 'membership', object: nameOf(grant), sql, roles: [grant.role, grant.member] })
  }
}

/**
 * What makes the connecting role able to give objects to the roles that own things (ALTER ... OWNER TO wants SET ROLE to the new
 * owner), and to work with these afterwards. Superusers need none.
 */
export function planOwnMemberships(planning: Planning): void {
  const { source, target, images, created, onTarget, changes, leftOut } = planning
  if (target.superuser) return
  const owners = new Set(source.roles.flatMap((role) => (role.owns ? (images.get(role.name) ?? []) : [])))
  const me = quoteIdent(target.user)
  for (const owner of [...owners].toSorted(compareTexts)) {
    if (owner === target.user || onTarget.get(owner)?.maySet === true || !willBeThere(planning, owner)) continue
    const grant = { role: owner, member: target.user }
    if (!created.has(owner) && (reservedOnTarget(planning, owner) || !mayGrant(planning, owner))) {
      const message = `Objects cannot be given to ${owner}: ${target.user} may not grant that role to itself.`
      leftOut.push({ kind: 'membership', object: nameOf(grant), reason: 'no-admin', message })
      continue
    }
    const role = quoteIdent(owner)
    const [options, by] = target.major > 15 ? [' WITH INHERIT TRUE, SET TRUE', ` GRANTED BY ${me}`] : ['', '']
    changes.push({
      kind: 'own-membership',
      object: nameOf(grant),
      sql: `GRANT ${role} TO ${me}${options}`,
      undo: `REVOKE ${role} FROM ${me}${by}`,
      roles: [owner],
    })
  }
}

/** With the target's names; undefined where it is not ours to carry over, or cannot be. */
function grantOf(planning: Planning, membership: Membership): Grant | undefined {
  const { source, target, sourceProvider, images, leftOut, options } = planning
  const isTheirs = (name: string) => isReserved(sourceProvider, 'role', name) && options.roleMap?.has(name) !== true
  // What a service's own roles are in is the service's business.
  if (isTheirs(membership.role) && isTheirs(membership.member)) return undefined
  const grant = {
    ...membership,
    role: images.get(membership.role) ?? membership.role,
    member: images.get(membership.member) ?? membership.member,
    grantor:
      membership.grantor === undefined || membership.grantor === source.bootstrap
        ? undefined
        : (images.get(membership.grantor) ?? membership.grantor),
  }
  const leaveOut = (reason: Reason, message: string) => {
    leftOut.push({ kind: 'membership', object: nameOf(grant), reason, message })
    return undefined
  }
  if (grant.role === grant.member) return undefined // two roles of the source are one here
  if (isTheirs(membership.member) || reservedOnTarget(planning, grant.member)) {
    return leaveOut('reserved', `${grant.member} belongs to a provider, and is not altered.`)
  }
  const missing = [grant.role, grant.member].find((name) => !willBeThere(planning, name))
  if (missing !== undefined) return leaveOut('role-missing', `The target has no role ${missing}.`)
  const present = target.memberships.some((one) => pairOf(one) === pairOf(grant))
  if (!present && grant.member === target.user) {
    return leaveOut('connecting-role', `${target.user} is the role that pgleap is connected as; it is not altered.`)
  }
  return grant
}

function isAllowed(planning: Planning, grant: Grant): boolean {
  const { target, leftOut } = planning
  if (grant.role === target.user && !target.superuser) {
    const message = `${target.user} is the role that pgleap is connected as; it is not given to others.`
    leftOut.push({ kind: 'membership', object: nameOf(grant), reason: 'connecting-role', message })
    return false
  }
  if (mayGrant(planning, grant.role)) return true
  const message = `${target.user} may not grant ${grant.role}: it has no ADMIN on it.`
  leftOut.push({ kind: 'membership', object: nameOf(grant), reason: 'no-admin', message })
  return false
}

/** Before 16 a membership has no INHERIT and SET of its own: the member's attribute says whether it inherits. */
function expressible({ source, target, leftOut }: Planning, grant: Grant): Grant {
  if (target.major > 15 || source.major < 16) return grant
  const member = source.roles.find(({ name }) => name === grant.member)
  const lost = [
    ...(member === undefined || grant.inherit === member.inherit ? [] : [`INHERIT ${word(grant.inherit)}`]),
    ...(grant.set ? [] : ['SET FALSE']),
  ]
  if (lost.length > 0) {
    const message = `${lost.join(' and ')} cannot be said to PostgreSQL ${String(target.major)}.`
    leftOut.push({ kind: 'membership', object: nameOf(grant), reason: 'not-expressible', message })
  }
  return grant
}

function compareOptions({ target, differences }: Planning, wanted: Grant, there: Grant): void {
  const options = target.major > 15 ? (['admin', 'inherit', 'set'] as const) : (['admin'] as const)
  for (const option of options) {
    if (wanted[option] === there[option]) continue
    const difference = {
      kind: 'membership',
      object: nameOf(wanted),
      field: option,
      source: word(wanted[option]),
      target: word(there[option]),
    } as const
    differences.push(wanted.member === target.user ? { ...difference, reason: 'connecting-role' } : difference)
  }
}

/** Memberships of the source's roles that the target has on top, but for what the connecting role has. */
function extras({ target, images }: Planning, wanted: ReadonlySet<string>): Grant[] {
  const ours = new Set(images.values())
  const extra = target.memberships.filter(
    (one) =>
      ours.has(one.member) &&
      (ours.has(one.role) || one.role.startsWith('pg_')) &&
      one.member !== target.user &&
      !wanted.has(pairOf(one)),
  )
  return [...byPair(extra).values()]
}

/** Grantors as far as they can be kept; grants that then are the same become one. */
function withGrantors(planning: Planning, grants: readonly Grant[]): Grant[] {
  const { source, target, leftOut } = planning
  const named = grants.filter(({ grantor }) => grantor !== undefined)
  if (source.major > 15 && target.major > 15 && target.superuser) return [...grants]
  if (source.major > 15 && named.length > 0) {
    const message = `${String(named.length)} come over as granted by ${target.user}, which may not grant for others.`
    leftOut.push({ kind: 'membership', object: 'memberships', reason: 'grantor', message })
  }
  return [...byPair(grants.map((grant) => ({ ...grant, grantor: undefined }))).values()]
}

/**
 * From 16 on a grantor has to have ADMIN on the role itself (user.c, check_role_grantor). Goes round until nothing more can
 * be granted; what is left then names a grantor whose ADMIN did not come over.
 */
function inOrder(planning: Planning, grants: readonly Grant[]): Grant[] {
  const { target, leftOut } = planning
  const admins = new Set(target.memberships.filter(({ admin }) => admin).map(pairOf))
  const ordered: Grant[] = []
  let waiting = grants.toSorted((a, b) => compareTexts(a.role, b.role) || compareTexts(a.member, b.member))
  for (;;) {
    const ready = waiting.filter(
      ({ role, grantor }) => grantor === undefined || admins.has(pairOf({ role, member: grantor })),
    )
    if (ready.length === 0) break
    ordered.push(...ready)
    for (const grant of ready) if (grant.admin) admins.add(pairOf(grant))
    waiting = waiting.filter((grant) => !ready.includes(grant))
  }
  for (const grant of waiting) {
    const message = `${grant.grantor ?? ''} has no ADMIN on ${grant.role} here, so ${target.user} grants it.`
    leftOut.push({ kind: 'membership', object: nameOf(grant), reason: 'grantor', message })
  }
  const orphans = byPair(waiting.map((grant) => ({ ...grant, grantor: undefined })))
  return [...ordered, ...orphans.values()]
}

function grantSql(major: number, { role, member, grantor, admin, inherit, set }: Grant): string {
  const grant = `GRANT ${quoteIdent(role)} TO ${quoteIdent(member)}`
  if (major < 16) return admin ? `${grant} WITH ADMIN OPTION` : grant
  const options = [...(admin ? ['ADMIN TRUE'] : []), `INHERIT ${word(inherit)}`, ...(set ? [] : ['SET FALSE'])]
  return `${grant} WITH ${options.join(', ')}${grantor === undefined ? '' : ` GRANTED BY ${quoteIdent(grantor)}`}`
}

function grouped(grants: readonly Grant[]): Map<string, Grant[]> {
  const groups = new Map<string, Grant[]>()
  for (const grant of grants) {
    const group = groups.get(pairOf(grant))
    if (group === undefined) groups.set(pairOf(grant), [grant])
    else group.push(grant)
  }
  return groups
}

function byPair(grants: readonly Grant[]): Map<string, Grant> {
  return new Map([...grouped(grants)].map(([pair, group]) => [pair, addUp(group)]))
}

/** Grants of one role to one member work together: what one of them allows is allowed. */
function addUp(grants: readonly Grant[]): Grant {
  return grants.reduce((sum, grant) => ({
    ...sum,
    admin: sum.admin || grant.admin,
    inherit: sum.inherit || grant.inherit,
    set: sum.set || grant.set,
  }))
}

/** No role's name holds a NUL. */
function pairOf({ role, member }: { role: string; member: string }): string {
  return `${role}\0${member}`
}

function nameOf({ role, member }: { role: string; member: string }): string {
  return `${member} in ${role}`
}

function word(value: boolean): string {
  return value ? 'TRUE' : 'FALSE'
}
