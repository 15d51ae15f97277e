export { applyRoles } from './apply-roles.ts'
export type { AppliedRoles, RefusedChange } from './apply-roles.ts'
export { compareRoles } from './compare-roles.ts'
export type { RolesComparison } from './compare-roles.ts'
export type {
  Membership,
  ParameterGrant,
  RoleAttributes,
  RoleFacts,
  RoleSetting,
  ServerRoles,
  TablespaceFacts,
  Verifier,
} from './facts.ts'
export { keepRoles, readKeptRoles } from './kept-roles.ts'
export type { KeepRolesOptions, KeptRoles } from './kept-roles.ts'
export type { ParameterFacts } from './parameters.ts'
export { planRoles } from './plan-roles.ts'
export type { Change, Difference, LeftOut, NoLogin, PlannedTablespace, Reason, RolesPlan } from './plan.ts'
export type { RoleOptions, RolePowers, RolesInput } from './planning.ts'
export { readRoles } from './read-roles.ts'
export { readRolePasswords } from './role-passwords.ts'
export type { RolePassword } from './role-passwords.ts'
export { readRolesInput, roles, rolesFrom } from './roles.ts'
export type { RolesFromOptions, RolesOptions, RolesOrigin } from './roles.ts'
export { rolesSql } from './roles-sql.ts'
