import type { Check } from '../check.ts'
import { network } from './network.ts'
import { servers } from './servers.ts'
import { topology } from './topology.ts'

/** C: where the servers are, what they are, and what lies between them. */
export const connectivity: readonly Check[] = [...network, ...servers, ...topology].toSorted((a, b) =>
  a.id.localeCompare(b.id),
)
