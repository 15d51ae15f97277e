import type { ConnectionInfo } from '../connection/index.ts'
import { openLedger } from '../engine/index.ts'
import { PgleapError } from '../errors.ts'
import { holdsScriptRecord } from '../files/index.ts'
import { reservedSchemas, userObjects, type Providers } from '../migrate/index.ts'
import { openOn } from './ends.ts'

/**
 * Refuses a target on which databases of these names hold something already (invariant 8); all of them in one error, before
 * anything is made. One with a ledger of ours is not in the way: its run goes on. Neither is
 * what lies in the schemas of a service.
 *
 * @throws PgleapError `target.databases-not-empty`
 */
export async function assertNothingInTheWay(
  target: ConnectionInfo,
  existing: readonly string[],
  { providers, signal }: { providers: Providers; signal: AbortSignal | undefined },
): Promise<void> {
  const found: string[] = []
  for (const name of existing) {
    await using session = await openOn(target.withDatabase(name), 'target', 'control', signal)
    // A script's record keeps whatever is no part of its own run out.
    if ((await holdsScriptRecord(session)) || (await openLedger(session)) !== undefined) continue
    const [object, ...others] = await userObjects(session, await reservedSchemas(session, providers))
    if (object === undefined) continue
    found.push(`"${name}" (${object}${others.length > 0 ? ' and more' : ''})`)
  }
  if (found.length === 0) return
  const one = found.length === 1
  throw new PgleapError({
    code: 'target.databases-not-empty',
    message: `The target has ${one ? 'a database that is' : 'databases that are'} not empty: ${found.join(', ')}. Nothing was made.`,
    hint: `Drop or rename ${one ? 'it' : 'them'} on the target, or leave ${one ? 'it' : 'them'} out with --exclude-database.`,
    party: 'target',
  })
}
