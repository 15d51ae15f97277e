import type { Check } from '../check.ts'
import { s01, s02, s03 } from './capacity.ts'
import { s15, s16, s17 } from './limits.ts'
import { s12, s13 } from './replication-in-use.ts'
import { s04, s11 } from './slots.ts'
import { s05, s07, s08, s19, s20 } from './streaming.ts'
import { s09, s10 } from './transactions.ts'

/** What the source is set up for, and what goes on there. */
export const sourceConfiguration: readonly Check[] = [
  s01,
  s02,
  s03,
  s04,
  s05,
  s07,
  s08,
  s09,
  s10,
  s11,
  s12,
  s13,
  s15,
  s16,
  s17,
  s19,
  s20,
]
