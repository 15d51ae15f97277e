import { DatabaseError, isRetryable, SQLSTATE } from '../connection/index.ts'

/** A server that answers so names an object or a role, or speaks of itself; it quotes no option. */
const NAMES_OBJECTS: ReadonlySet<string> = new Set([
  SQLSTATE.noPrivilege,
  SQLSTATE.undefinedObject,
  SQLSTATE.diskFull,
  SQLSTATE.queryCanceled,
  '42710', // an object of that name is there
  '58P01', // an extension's library is not
])

/**
 * The refusal of a statement that holds options or a connection string: its SQLSTATE stays, but where the server may quote
 * them (`missing "=" after "s3cret"`), its words do not, nor does the statement (invariant 4).
 */
export function withoutQuotedSecrets(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) return error
  const { severity, sqlstate, message } = error.server
  const words =
    NAMES_OBJECTS.has(sqlstate) || isRetryable(error)
      ? message
      : `SQLSTATE ${sqlstate}; its words are not shown, as they may quote a password. See the server's log.`
  return new DatabaseError(error.side, { severity, sqlstate, message: words }, undefined)
}
