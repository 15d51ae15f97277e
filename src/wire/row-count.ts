import type { Side } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'

/** What a server counted is not what went by (invariant 3); `undefined` where it did not say that it copied. */
export function rowCount(side: Side, rows: number | undefined, frames: number): PgleapError {
  return new PgleapError({
    code: 'copy.row-count',
    message: `The ${side} says that ${rows === undefined ? 'no COPY was done' : `it copied ${String(rows)} rows`}, but ${String(frames)} went by.`,
    hint:
      side === 'target'
        ? 'A trigger or rule of the target’s table may drop rows; look at those that fire on INSERT.'
        : 'Nothing of this copy is kept; please report it.',
    party: side,
  })
}
