import { quoteIdent, quoteLiteral } from '../sql.ts'
import type { RoleFacts } from './facts.ts'
import { mayAlter, type Planning } from './planning.ts'

/** The role's security labels: one that the target lacks comes over, where its library is loaded there. Others stay as they are. */
export function planLabels(
  planning: Planning,
  role: Pick<RoleFacts, 'labels'>,
  there: Pick<RoleFacts, 'name' | 'labels'>,
): void {
  const { target, changes, differences, leftOut, missingLabelProviders } = planning
  const { name } = there
  const connecting = name === target.user
  const found = new Map(there.labels.map(({ provider, label }) => [provider, label]))
  for (const { provider, label } of role.labels) {
    const other = found.get(provider)
    if (other === label) continue
    const object = `role ${name}`
    if (other === undefined && missingLabelProviders?.has(provider) === true) {
      const message = `Its security label of ${provider} is left out: the target has not loaded that library.`
      leftOut.push({ kind: 'role', object, reason: 'no-label-provider', message })
    } else if (other === undefined && !connecting && mayAlter(planning, name)) {
      const sql = `SECURITY LABEL FOR ${quoteIdent(provider)} ON ROLE ${quoteIdent(name)} IS ${quoteLiteral(label)}`
      changes.push({ kind: 'label', object: `security label of ${provider} on role ${name}`, sql, roles: [name] })
    } else {
      const difference = {
        kind: 'role',
        object,
        field: `security label of ${provider}`,
        source: label,
        target: other ?? 'none',
      } as const
      differences.push(connecting ? { ...difference, reason: 'connecting-role' } : difference)
    }
  }
}
