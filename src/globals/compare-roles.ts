import type { Difference } from './plan.ts'
import { planRoles } from './plan-roles.ts'
import type { RolesInput } from './planning.ts'
import type { LeftOut, RolesPlan } from './plan.ts'

export interface RolesComparison {
  /** SAME where every difference is one that pgleap can account for. Passwords have a verdict of their own. */
  verdict: 'SAME' | 'DIFFERENT'
  /** UNKNOWN where a side does not show the verifiers of roles that log in. */
  passwords: RolesPlan['passwords']
  /** All differences; those without a reason make the verdict. */
  differences: readonly Difference[]
  /** What did not come over, each with its reason. */
  leftOut: readonly LeftOut[]
}

/**
 * Compares the roles of two servers, with memberships, settings and parameter grants: what a plan would still add is
 * missing, so plan and verdict can never disagree. Pure. Roles that only the target has are its own. Default privileges and
 * grants on databases and objects are compared elsewhere, with the schema.
 */
export function compareRoles(input: RolesInput): RolesComparison {
  return comparisonOf(planRoles(input))
}

/** What a plan says about the two servers as they are. */
export function comparisonOf(plan: RolesPlan): RolesComparison {
  const missing = plan.changes.flatMap(({ kind, object }): Difference[] =>
    kind === 'own-membership'
      ? []
      : [
          {
            kind: kind === 'comment' || kind === 'label' ? 'role' : kind,
            object,
            field: 'existence',
            source: 'yes',
            target: 'no',
          },
        ],
  )
  const differences = [...missing, ...plan.differences]
  return {
    verdict: differences.some(({ reason }) => reason === undefined) ? 'DIFFERENT' : 'SAME',
    passwords: plan.passwords,
    differences,
    leftOut: plan.leftOut,
  }
}
