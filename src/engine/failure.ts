import { DatabaseError, SQLSTATE } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import type { FailedStep } from './ledger.ts'

/** A step's error as the ledger and the events keep it. */
export function describeFailure(step: number, error: unknown): FailedStep {
  const failure: FailedStep = { step, code: 'internal.unexpected', message: String(error) }
  if (error instanceof Error) failure.message = error.message
  if (error instanceof PgleapError) {
    failure.code = error.code
    if (error.hint !== undefined) failure.hint = error.hint
  }
  const sqlstate = serverError(error)?.server.sqlstate
  if (sqlstate !== undefined) failure.sqlstate = sqlstate
  return failure
}

/** Errors after which no other step can do better. */
export function isFatalForAll(error: unknown): boolean {
  const server = serverError(error)
  return (
    (error instanceof PgleapError && FATAL_CODES.has(error.code)) ||
    (server?.side === 'target' && server.server.sqlstate === SQLSTATE.diskFull)
  )
}

/** A server of which somebody has the last connection; it is not the step's fault. */
export function isOutOfConnections(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one instanceof PgleapError && one.code === 'connect.too-many') return true
  }
  return false
}

const FATAL_CODES = new Set(['snapshot.lost', 'ledger.locked', 'run.interrupted'])

function serverError(error: unknown): DatabaseError | undefined {
  for (let one = error; one instanceof Error; one = one.cause) if (one instanceof DatabaseError) return one
  return undefined
}
