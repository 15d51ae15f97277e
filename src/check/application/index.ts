import type { Check } from '../check.ts'
import { sessionState, superuserClients, whoConnects } from './clients.ts'
import { readReplicas } from './standbys.ts'

/** Family A of the catalogue: the application and the cutover. A03, A04, A06, A08, A09 and A10 are in left-out.ts. */
export const application: readonly Check[] = [whoConnects, superuserClients, sessionState, readReplicas]
