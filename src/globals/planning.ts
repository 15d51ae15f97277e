import { isReserved, type Powers, type Provider } from '../provider/index.ts'
import type { RoleFacts, ServerRoles } from './facts.ts'
import type { ParameterFacts } from './parameters.ts'
import type { Change, Difference, LeftOut, NoLogin } from './plan.ts'
import type { RolePassword } from './role-passwords.ts'

/** Of all that an administrator can do, what planning asks about. */
export type RolePowers = Pick<Powers, 'give' | 'takeScram' | 'takeMd5' | 'setRoleParameters'>

export interface RoleOptions {
  /** Names on the source to names on the target, where these differ. */
  roleMap?: ReadonlyMap<string, string>
  /** By the role's name on the source; they win over what the source's catalogs hold. */
  passwords?: ReadonlyMap<string, RolePassword>
  /** Names on the source to names on the target; what is not named goes to the default tablespace, or to its namesake. */
  tablespaceMap?: ReadonlyMap<string, string>
  /** Whether the connecting role is to be able to give objects to the roles that own things. @defaultValue 'skip' */
  ownMemberships?: 'grant' | 'skip'
}

export interface RolesInput {
  source: ServerRoles
  target: ServerRoles
  sourceProvider: Provider
  targetProvider: Provider
  /** What the target's connecting role can do there (`readPowers`, probed). */
  powers: RolePowers
  /** Of all parameters that the source's settings name, by `readParameters` on the target; undefined where there is no target. */
  parameters: ReadonlyMap<string, ParameterFacts> | undefined
  /** Those of the source's labels that the target has not loaded; undefined where there is no target. */
  missingLabelProviders?: ReadonlySet<string> | undefined
  options?: RoleOptions
}

/** What the steps of planning share, and where they put what they find. */
export interface Planning extends RolesInput {
  options: RoleOptions
  onTarget: ReadonlyMap<string, RoleFacts>
  /** Names on the target of the source's roles that come over or are there already: the reserved ones are left out. */
  images: ReadonlyMap<string, string>
  /** Roles of the plan, by their names on the target. */
  created: Set<string>
  changes: Change[]
  leftOut: LeftOut[]
  differences: Difference[]
  noLogin: NoLogin[]
}

export function startPlanning(input: RolesInput): Planning {
  const options = input.options ?? {}
  const { source, target, sourceProvider } = input
  const travelling = source.roles.filter(
    ({ name }) => options.roleMap?.has(name) === true || !isReserved(sourceProvider, 'role', name),
  )
  return {
    ...input,
    options,
    onTarget: new Map(target.roles.map((role) => [role.name, role])),
    images: new Map(travelling.map(({ name }) => [name, options.roleMap?.get(name) ?? name])),
    created: new Set(),
    changes: [],
    leftOut: [],
    differences: [],
    noLogin: [],
  }
}

/** Whether a role will be on the target once the plan is done. */
export function willBeThere({ created, onTarget }: Planning, name: string): boolean {
  return created.has(name) || onTarget.has(name)
}

/**
 * Whether the connecting role may alter a role of the target (user.c, AlterRole): its own makings, or with CREATEROLE those
 * that it has ADMIN on, and before 16 all that are no superusers.
 */
export function mayAlter(planning: Planning, name: string): boolean {
  const { target, created, onTarget } = planning
  if (target.superuser || created.has(name)) return true
  const role = onTarget.get(name)
  if (role === undefined || !target.createRole || role.superuser) return false
  return target.major > 15 ? role.admin : true
}

/** Whether it may grant a role (user.c, check_role_membership_authorization): before 16, CREATEROLE is enough here, too. */
export function mayGrant(planning: Planning, name: string): boolean {
  return mayAlter(planning, name) || planning.onTarget.get(name)?.admin === true
}

/** The provider's own on the target, or PostgreSQL's: it is never created and never altered. */
export function reservedOnTarget({ targetProvider }: Planning, name: string): boolean {
  return isReserved(targetProvider, 'role', name)
}

export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
