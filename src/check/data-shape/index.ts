import type { Check } from '../check.ts'
import { churn } from './churn.ts'
import { freezeAge } from './freeze-age.ts'
import { fullComparable, fullSearch } from './full-identity.ts'
import { flawedIdentity, noIdentity } from './no-identity.ts'
import { largestTables, statistics } from './sizes.ts'
import { subscriberKeys } from './subscriber-keys.ts'
import { toastedKeys } from './toasted-keys.ts'
import { largeTransactions, tableMakers } from './workload.ts'

/** Family I of the catalogue: replica identity and data shape. I10 is in left-out.ts. */
export const dataShape: readonly Check[] = [
  noIdentity,
  flawedIdentity,
  fullComparable,
  fullSearch,
  subscriberKeys,
  toastedKeys,
  largestTables,
  churn,
  largeTransactions,
  tableMakers,
  statistics,
  freezeAge,
]

export { identityFactsQuery, publishedTables, tableName } from './identity-facts.ts'
export type { IdentityFacts, IdentityIndex, PublishedTable } from './identity-facts.ts'
export { changeSql, identityRule } from './identity-rule.ts'
export type { IdentityChange, IdentityRule, Search } from './identity-rule.ts'
export { generatedIdentities, unequalPartitions } from './no-identity.ts'
