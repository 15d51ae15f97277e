import type { Check } from '../check.ts'
import { filteredPublications, securityLabels } from './attached.ts'
import { deferrableConstraints, firingTriggers } from './constraints.ts'
import { crossingForeignKeys } from './foreign-keys.ts'
import { inheritance, newPartitions, partitionedTables } from './partitions.ts'
import { sameColumns, sameTypes } from './same-on-target.ts'
import { sequences } from './sequences.ts'
import { accessMethods, compression } from './storage.ts'
import { eventTriggers, superuserObjects } from './superuser-objects.ts'

/** The second half of family O of the catalogue: objects that matter while changes are replicated, or need powers. */
export const objectsOnline: readonly Check[] = [
  firingTriggers,
  deferrableConstraints,
  crossingForeignKeys,
  partitionedTables,
  newPartitions,
  inheritance,
  sameColumns,
  sameTypes,
  sequences,
  eventTriggers,
  superuserObjects,
  filteredPublications,
  securityLabels,
  accessMethods,
  compression,
]
