import { createHash } from 'node:crypto'
import type { Step } from './step.ts'

/** A hash of all steps that does not depend on the order of an object's keys, which jsonb does not keep. */
export function planHash(steps: readonly Step[]): string {
  const hash = createHash('sha256')
  for (const step of steps) hash.update(JSON.stringify(step, sortKeys)).update('\n')
  return hash.digest('hex')
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
