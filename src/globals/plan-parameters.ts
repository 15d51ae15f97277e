import { isReserved } from '../provider/index.ts'
import { quoteIdent } from '../sql.ts'
import type { ParameterGrant } from './facts.ts'
import type { Reason } from './plan.ts'
import { reservedOnTarget, willBeThere, type Planning } from './planning.ts'

/** GRANT ... ON PARAMETER, from 15 on: who besides superusers may set what. */
export function planParameterGrants(planning: Planning): void {
  const { source, target, images, changes, leftOut, sourceProvider, options } = planning
  const there = new Set(target.parameterGrants.map(keyOf))
  for (const grant of source.parameterGrants) {
    const { grantee } = grant
    const isTheirs =
      grantee !== undefined && isReserved(sourceProvider, 'role', grantee) && options.roleMap?.has(grantee) !== true
    if (isTheirs) continue
    const wanted = { ...grant, grantee: grantee === undefined ? undefined : (images.get(grantee) ?? grantee) }
    if (there.has(keyOf(wanted)) || there.has(keyOf({ ...wanted, grantable: true }))) continue
    const refusal = refusalOf(planning, wanted)
    if (refusal !== undefined) {
      leftOut.push({ kind: 'parameter', object: nameOf(wanted), ...refusal })
      continue
    }
    const to = wanted.grantee === undefined ? 'PUBLIC' : quoteIdent(wanted.grantee)
    const parameter = grant.parameter.split('.').map(quoteIdent).join('.')
    const sql = `GRANT ${grant.privilege} ON PARAMETER ${parameter} TO ${to}${grant.grantable ? ' WITH GRANT OPTION' : ''}`
    changes.push({
      kind: 'parameter',
      object: nameOf(wanted),
      sql,
      roles: wanted.grantee === undefined ? [] : [wanted.grantee],
    })
  }
}

function refusalOf(
  planning: Planning,
  { parameter, grantee }: ParameterGrant,
): { reason: Reason; message: string } | undefined {
  const { target, parameters } = planning
  if (target.major < 15) {
    const message = `PostgreSQL ${String(target.major)} cannot grant parameters; that came with 15.`
    return { reason: 'not-expressible', message }
  }
  if (parameters?.get(parameter)?.known === 'no') {
    return { reason: 'parameter-removed', message: `PostgreSQL ${String(target.major)} has no parameter ${parameter}.` }
  }
  if (grantee !== undefined && !willBeThere(planning, grantee)) {
    return { reason: 'role-missing', message: `The target has no role ${grantee}.` }
  }
  if (grantee !== undefined && (grantee === target.user || reservedOnTarget(planning, grantee))) {
    const reason = grantee === target.user ? 'connecting-role' : 'reserved'
    return { reason, message: `${grantee} is not altered.` }
  }
  if (!target.superuser) return { reason: 'needs-superuser', message: 'Only superusers grant parameters.' }
  return undefined
}

function keyOf({ parameter, grantee = '', privilege, grantable }: ParameterGrant): string {
  return [parameter, grantee, privilege, String(grantable)].join('\0')
}

function nameOf({ parameter, grantee, privilege }: ParameterGrant): string {
  return `${privilege} ${parameter} to ${grantee ?? 'PUBLIC'}`
}
