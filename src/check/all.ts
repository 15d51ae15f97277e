import type { Check } from './check.ts'
import { connectivity } from './connectivity/index.ts'
import { databases } from './databases/index.ts'
import { extensions } from './extensions/index.ts'
import { objectsThatBreak } from './objects-that-break/index.ts'
import { parameters } from './parameters/index.ts'
import { roles } from './roles/index.ts'
import { sourceConfiguration } from './source-configuration/index.ts'
import { targetConfiguration } from './target-configuration/index.ts'

/** Every family of checks, in the order of the catalogue (docs/checks.md). */
const FAMILIES: readonly (readonly Check[])[] = [
  connectivity,
  sourceConfiguration,
  targetConfiguration,
  databases,
  parameters,
  roles,
  extensions,
  objectsThatBreak,
]

/** Every check that there is. */
export const allChecks: readonly Check[] = FAMILIES.flat()
