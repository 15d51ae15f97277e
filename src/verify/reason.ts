import { DatabaseError } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'

/** A sentence for a report: why something could not be looked at. A server's message holds no secret (see PgleapError). */
export function reasonOf(error: unknown): string {
  if (error instanceof DatabaseError) return `${error.message} (${error.server.sqlstate})`
  return error instanceof Error ? error.message : String(error)
}

/**
 * Throws the error on unless it is about one object alone, which is then UNKNOWN: an interrupted run ends, without its
 * moment nothing can be looked at, and a bug of ours must not pass for a server's refusal.
 */
export function mayBeUnknown(error: unknown, signal: AbortSignal): void {
  if (signal.aborted || !(error instanceof PgleapError) || error.party === 'internal' || error.code === 'snapshot.lost')
    throw error
}
