import { application } from './application/index.ts'
import type { Check } from './check.ts'
import { connectivity } from './connectivity/index.ts'
import { dataShape } from './data-shape/index.ts'
import { databases } from './databases/index.ts'
import { extensions } from './extensions/index.ts'
import { objectsOnline } from './objects-online/index.ts'
import { objectsThatBreak } from './objects-that-break/index.ts'
import { parameters } from './parameters/index.ts'
import { roles } from './roles/index.ts'
import { sourceConfiguration } from './source-configuration/index.ts'
import { targetConfiguration } from './target-configuration/index.ts'

const objects = [...objectsThatBreak, ...objectsOnline].toSorted((a, b) => (a.id < b.id ? -1 : 1))

/** Every family of checks, in the order of the catalogue (docs/checks.md). */
const FAMILIES: readonly (readonly Check[])[] = [
  connectivity,
  sourceConfiguration,
  targetConfiguration,
  databases,
  parameters,
  roles,
  extensions,
  objects,
  dataShape,
  application,
]

/** Every check that there is. */
export const allChecks: readonly Check[] = FAMILIES.flat()
