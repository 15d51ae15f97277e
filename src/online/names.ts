import { randomBytes } from 'node:crypto'

/** Names of what one direction of the stream consists of. */
export interface StreamNames {
  /** On the side that is written to. */
  publication: string
  /** On the side that is written to: TRUNCATE of tables whose rows are not streamed. */
  truncates: string
  /** On the side that is written to, for a moment after a copy that broke: the tables that are complete. */
  complete: string
  /** On the side that is written to. */
  slot: string
  /** On the side that follows. */
  subscription: string
}

/** Part of every name that a migration makes, so that several may share a server. */
export function newId(): string {
  return randomBytes(4).toString('hex')
}

/** `forward` flows from the source to the target, `back` the other way. */
export function streamNames(id: string, direction: 'forward' | 'back'): StreamNames {
  const name = direction === 'forward' ? `pgleap_${id}` : `pgleap_${id}_back`
  return {
    publication: name,
    truncates: `${name}_truncate`,
    complete: `${name}_complete`,
    slot: name,
    subscription: name,
  }
}
