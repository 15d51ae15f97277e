import { PgleapError } from '../../errors.ts'

const CLOSED = new Set([
  'connect.no-database',
  'connect.not-allowed',
  'connect.refused-by-server',
  'connect.password',
  'connect.password-missing',
])

/** The database is not there, or does not let this user in: that does not pass by waiting. */
export function isClosed(error: unknown): error is PgleapError {
  return error instanceof PgleapError && CLOSED.has(error.code)
}
