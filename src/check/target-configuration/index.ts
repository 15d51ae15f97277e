import type { Check } from '../check.ts'
import { t04, t08, t14 } from './database.ts'
import { t01, t02, t03 } from './replication.ts'
import { t09, t10 } from './settings.ts'
import { t06, t07 } from './source-rights.ts'
import { t05 } from './target-rights.ts'
import { t11 } from './time-zones.ts'

/** What the target is set up for, and what a migration to it takes of rights. */
export const targetConfiguration: readonly Check[] = [t01, t02, t03, t04, t05, t06, t07, t08, t09, t10, t11, t14]
