import { PgleapError } from '../errors.ts'

/** Thrown where the server answered, but hid from our role what the answer depends on: UNKNOWN, with this as its reason. */
export function cannotTell(side: 'source' | 'target', reason: string, hint: string): PgleapError {
  return new PgleapError({ code: 'check.hidden', message: reason, hint, party: side })
}
