import type { Check } from './check.ts'

/** Every family of checks, in the order of the catalogue (docs/checks.md). */
const FAMILIES: readonly (readonly Check[])[] = []

/** Every check that there is. */
export const allChecks: readonly Check[] = FAMILIES.flat()
