import { SourceSnapshot } from '../catalog/index.ts'
import { PgleapError } from '../errors.ts'
import { verify, verifiedObjects } from '../verify/index.ts'
import type { OnlineSwitchOptions } from './options.ts'
import type { Sides } from './sides.ts'

/**
 * Compares both sides while nobody writes.
 *
 * @throws PgleapError `online.different`, and `online.unknown` unless that is accepted
 */
export async function proveSame(sides: Sides, options: OnlineSwitchOptions): Promise<void> {
  const { signal, onEvent } = options
  await using source = await SourceSnapshot.take(() => sides.open('source', 'verify'), { signal })
  await using target = await SourceSnapshot.take(() => sides.open('target', 'verify'), { signal })
  const result = await verify({ source, target, jobs: options.jobs, sourceIs: 'still', onEvent, signal })
  if (result.verdict === 'SAME') return
  const worst = verifiedObjects(result).filter(({ verdict }) => verdict === result.verdict)
  const names = worst.slice(0, 5).map(({ object, detail = '' }) => `${object}: ${detail}`)
  if (result.verdict === 'UNKNOWN' && options.unknown === 'accept') return
  throw new PgleapError({
    code: result.verdict === 'UNKNOWN' ? 'online.unknown' : 'online.different',
    message: `The two sides are ${result.verdict}: ${names.join('; ')}${worst.length > 5 ? ' and more' : ''}.`,
    hint: 'Writes go on where they went before. `pgleap verify` names the rows.',
    party: 'difference',
  })
}
