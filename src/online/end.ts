import type { Side } from '../connection/index.ts'
import type { CommonOptions } from '../migrate/index.ts'
import { dropLedger } from '../engine/index.ts'
import { reopen } from './freeze.ts'
import { streamNames } from './names.ts'
import { dropRecord, theRecord } from './record.ts'
import { otherSide, sidesOf } from './sides.ts'
import { dropPublished, dropSubscription } from './stream.ts'

export interface OnlineEndOptions extends CommonOptions {
  target: string
  source?: string
}

/**
 * Removes everything that the migration made on both sides and sets back what it changed, whichever side stays. Both sides
 * are open afterwards but the one that is given up, which stays closed to writes after a finish.
 */
export async function end(keep: Side, options: OnlineEndOptions): Promise<string[]> {
  const onlyTarget = sidesOf(options.target, options.target, options.signal)
  await using target = await onlyTarget.open('target', 'online end')
  const record = await theRecord(target)
  const sides = sidesOf(options.source ?? record.source.connection, options.target, options.signal)
  await using source = await sides.open('source', 'online end')
  const removed: string[] = []
  const forward = streamNames(record.id, 'forward')
  const back = streamNames(record.id, 'back')
  await dropSubscription(target, forward)
  await dropSubscription(source, back)
  await dropPublished(source, forward)
  await dropPublished(target, back)
  for (const { side, what, undo } of record.changes.toReversed()) {
    await (side === 'source' ? source : target).script(undo)
    removed.push(`${what} on the ${side}`)
  }
  await reopen(keep === 'source' ? source : target, record.shutOut[keep])
  if (keep === 'source') await reopen(otherSide(keep) === 'target' ? target : source, [])
  await dropLedger(target)
  await dropRecord(target)
  return removed
}
