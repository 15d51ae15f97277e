import type { Check } from '../check.ts'
import { catalogRows, removedTypes, serverOwnValues } from './carried-types.ts'
import { catalogUses } from './catalog-uses.ts'
import { connectionStrings, foreignServers } from './connections.ts'
import { foreignKeyCollations, multirangeNames, notNullNames } from './constraints.ts'
import { functionSettings } from './function-settings.ts'
import { hiddenFunctions } from './hidden-functions.ts'
import { generatedChildren, identityPartitions, notNullChildren } from './inherited-columns.ts'
import { keywordArguments, systemUserColumns } from './keywords.ts'
import { generatedIdentity, largeObjects, materializedViews, unloggedTables } from './not-replicated.ts'
import { builtOnRemoved, castsNowBuiltIn, conversions, postfixOperators } from './operators.ts'
import { unqualifiedNames } from './search-path.ts'
import { invalidIndexes, unvalidatedConstraints } from './unfinished.ts'
import { tablesWithOids } from './with-oids.ts'

/** Objects that a newer major does not create, or that mean something else there; and what replication does not carry. */
export const objectsThatBreak: readonly Check[] = [
  removedTypes,
  tablesWithOids,
  catalogRows,
  serverOwnValues,
  conversions,
  postfixOperators,
  builtOnRemoved,
  notNullChildren,
  invalidIndexes,
  unvalidatedConstraints,
  catalogUses,
  unqualifiedNames,
  generatedIdentity,
  unloggedTables,
  foreignServers,
  connectionStrings,
  materializedViews,
  largeObjects,
  castsNowBuiltIn,
  functionSettings,
  generatedChildren,
  identityPartitions,
  notNullNames,
  foreignKeyCollations,
  multirangeNames,
  systemUserColumns,
  hiddenFunctions,
  keywordArguments,
]
