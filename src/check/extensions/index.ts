import type { Check } from '../check.ts'
import { allowed, available, removed, superuserOnly } from './available.ts'
import { ciphers } from './ciphers.ts'
import { libraries, untrusted } from './code.ts'
import { configTables } from './config-tables.ts'
import { hooks } from './hooks.ts'
import { internals } from './internals.ts'
import { jobs } from './jobs.ts'
import { leftovers } from './leftovers.ts'
import { networkIndexes } from './network-indexes.ts'
import { preload } from './preload.ts'
import { schemas } from './schemas.ts'
import { postgis, versions } from './versions.ts'

/** Family X of the catalogue: extensions and languages. X13 is in left-out.ts. */
export const extensions: readonly Check[] = [
  available,
  versions,
  allowed,
  preload,
  superuserOnly,
  removed,
  schemas,
  configTables,
  libraries,
  untrusted,
  internals,
  postgis,
  ciphers,
  jobs,
  networkIndexes,
  hooks,
  leftovers,
]
