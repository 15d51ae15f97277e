import type { DatabaseLabel } from '../catalog/index.ts'
import type { DatabaseStatement } from '../plan/index.ts'
import { quoteIdent, quoteLiteral } from '../sql.ts'

/**
 * The statements that give the target database the source's security labels, one each: a provider that is not loaded there must
 * not keep the others away. A label that the target has of the same provider stays as it is (invariant 8).
 */
export function databaseLabelsSql(
  labels: readonly DatabaseLabel[],
  onTarget: readonly DatabaseLabel[],
  database: string,
): DatabaseStatement[] {
  const known = new Set(onTarget.map(({ provider }) => provider))
  return labels
    .filter(({ provider }) => !known.has(provider))
    .map(({ provider, label: text }) => {
      const label = `SECURITY LABEL FOR ${quoteIdent(provider)} ON DATABASE ${quoteIdent(database)}`
      // A server speaks of providers and objects, and quotes no label.
      return { label, sql: `${label} IS ${quoteLiteral(text)}`, secret: 'none' }
    })
}
