import type { Check } from '../check.ts'
import { d05, d07, d08 } from './collations.ts'
import { d01, d11, d12, d13 } from './databases.ts'
import { d02, d03, d04 } from './locales.ts'
import { d06 } from './order.ts'
import { d10 } from './properties.ts'

/** Databases as a whole: names, encodings, locales, collations, tablespaces. */
export const databases: readonly Check[] = [d01, d02, d03, d04, d05, d06, d07, d08, d10, d11, d12, d13]
