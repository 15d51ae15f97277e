import { DatabaseError, isConnectionLost, isRetryable, SQLSTATE, type ServerFields } from '../../connection/index.ts'
import type { Described } from './described.ts'

/** Kinds whose statements hold passwords or connection strings. */
const SECRETIVE = new Set([
  'ROLE',
  'USER MAPPING',
  'SERVER',
  'FOREIGN DATA WRAPPER',
  'FOREIGN TABLE',
  'SUBSCRIPTION',
  'DATABASE',
  'SYSTEM',
])

/** A server that answers so names an object or a role, or speaks of itself; it quotes no value. */
const NAMES_OBJECTS: ReadonlySet<string> = new Set([
  SQLSTATE.noPrivilege,
  SQLSTATE.undefinedObject,
  SQLSTATE.duplicateDatabase,
  SQLSTATE.noSuchDatabase,
  SQLSTATE.objectInUse,
  SQLSTATE.diskFull,
  SQLSTATE.queryCanceled,
  '42710', // is there already
  '2BP01', // others depend on it
  '58P01', // a library is not there
  '25P02', // the transaction has failed before
])

/** The server's words about a statement, but where they may quote a password of it (invariant 4). */
export function wordsAbout(statement: Described, { sqlstate, message }: ServerFields): string {
  if (!SECRETIVE.has(statement.kind) || NAMES_OBJECTS.has(sqlstate)) return message
  return `SQLSTATE ${sqlstate}; its words are not shown, as they may quote a password. See the server's log.`
}

/** Classes after which going on is no use: no room or memory, the server stops, broken storage (PostgreSQL docs, Appendix A). */
const HOPELESS_CLASSES: readonly string[] = ['53', '57', '58']
const HOPELESS: readonly string[] = [SQLSTATE.readOnlyTransaction]
/** A missing library concerns the one statement, and so does a timeout that the script has set. */
const HARMLESS: readonly string[] = ['58P01', SQLSTATE.queryCanceled]

/** Whether an error ends this attempt: it may pass, or all that follows would fail with it. */
export function endsAttempt(error: DatabaseError): boolean {
  const { sqlstate } = error.server
  if (isRetryable(error) || isConnectionLost(error)) return true
  if (HARMLESS.includes(sqlstate)) return false
  return HOPELESS.includes(sqlstate) || HOPELESS_CLASSES.includes(sqlstate.slice(0, 2))
}

/** The error as it may be thrown: without the statement, and in the server's words where they quote nothing. */
export function presentable(error: DatabaseError, statement: Described): DatabaseError {
  const { severity, sqlstate } = error.server
  return new DatabaseError(error.side, { severity, sqlstate, message: wordsAbout(statement, error.server) }, undefined)
}
