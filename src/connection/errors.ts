import { PgleapError } from '../errors.ts'
import type { Side } from './session.ts'
import {
  CONNECTION_EXCEPTION_CLASS,
  CONTENTION,
  NOT_REACHABLE_NOW,
  SERVER_RESTARTING,
  SOCKET_LOST,
  SQLSTATE,
} from './sqlstate.ts'

/** All that a server says in an ErrorResponse (PostgreSQL docs, "Error and Notice Message Fields"). */
export interface ServerFields {
  readonly severity: string
  readonly sqlstate: string
  readonly message: string
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  readonly position?: string | undefined
  readonly where?: string | undefined
  readonly schema?: string | undefined
  readonly table?: string | undefined
  readonly column?: string | undefined
  readonly dataType?: string | undefined
  readonly constraint?: string | undefined
  readonly routine?: string | undefined
}

/** A server's refusal with every field that it sent, and the statement that it refused, where there was one. */
export class DatabaseError extends PgleapError {
  readonly side: Side
  readonly server: ServerFields
  readonly statement: string | undefined

  constructor(side: Side, server: ServerFields, statement: string | undefined, cause?: unknown) {
    super({
      code: `${side}.${CODES[server.sqlstate] ?? 'refused'}`,
      message: `The ${side} says: ${server.message}${server.detail === undefined ? '' : ` (${server.detail})`}`,
      // The server says how to mend it, and we how to go on.
      hint: [server.hint, HINTS[server.sqlstate]].filter((hint) => hint !== undefined).join(' ') || undefined,
      party: side,
      cause,
    })
    this.side = side
    this.server = server
    this.statement = statement
  }
}

/** The errors that get a code and hint of their own; all others are `<side>.refused`. */
const CODES: Readonly<Record<string, string>> = {
  [SQLSTATE.noPrivilege]: 'no-privilege',
  [SQLSTATE.diskFull]: 'disk-full',
  [SQLSTATE.queryCanceled]: 'cancelled',
  [SQLSTATE.adminShutdown]: 'shut-down',
  [SQLSTATE.crashShutdown]: 'shut-down',
  [SQLSTATE.cannotConnectNow]: 'not-up',
}

const HINTS: Readonly<Record<string, string>> = {
  [SQLSTATE.noPrivilege]: 'Connect as the owner of the object, or let its owner grant the right.',
  [SQLSTATE.diskFull]: 'Free space on that server, then resume.',
  [SQLSTATE.outOfMemory]: 'Lower maintenance_work_mem or the number of jobs, then resume.',
  [SQLSTATE.adminShutdown]: 'Resume when the server is up again.',
  [SQLSTATE.crashShutdown]: 'Resume when the server is up again.',
}

/**
 * Any failure of a statement as the PgleapError that it is: the server's refusal with all of its fields, or a lost
 * connection. What is a PgleapError already comes back as it is.
 */
export function databaseError(error: unknown, side: Side, { statement }: { statement?: string } = {}): PgleapError {
  if (error instanceof PgleapError) return error
  const server = serverFields(error)
  if (server !== undefined) return new DatabaseError(side, server, statement, error)
  if (SOCKET_LOST.includes(nodeCode(error))) return connectionLost(side, error)
  return new PgleapError({
    code: 'internal.database',
    message: `The database client failed: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'This is a bug in pgleap; please report it.',
    party: 'internal',
    cause: error,
  })
}

/** The connection is gone, and with it the transaction that was open; a retry on a new session is in order. */
export function connectionLost(side: Side, cause: unknown): PgleapError {
  const why = nodeCode(cause)
  return new PgleapError({
    code: LOST,
    message: `The connection to the ${side} is lost${why === '' ? '' : ` (${why})`}.`,
    hint: 'See whether the server is up and the network stays; then resume.',
    party: side,
    cause,
  })
}

const LOST = 'connection.lost'

/** True where the same work may go through when it is tried again, on a new session if this one is lost. */
export function isRetryable(error: unknown): boolean {
  return anyCause(error, (one) => {
    const sqlstate = serverFields(one)?.sqlstate
    if (sqlstate !== undefined && CONTENTION.includes(sqlstate)) return true
    return lost(one) || NOT_REACHABLE_NOW.includes(nodeCode(one))
  })
}

/** True where the session that failed is gone, whatever it was doing. */
export function isConnectionLost(error: unknown): boolean {
  return anyCause(error, lost)
}

function lost(error: unknown): boolean {
  const server = serverFields(error)
  if (server === undefined) {
    return SOCKET_LOST.includes(nodeCode(error)) || (error instanceof PgleapError && error.code === LOST)
  }
  return (
    server.sqlstate.startsWith(CONNECTION_EXCEPTION_CLASS) ||
    SERVER_RESTARTING.includes(server.sqlstate) ||
    ENDING.includes(server.severity)
  )
}

/** Severities after which the server closes the connection, whatever the error. */
const ENDING: readonly string[] = ['FATAL', 'PANIC']

/** Looks at the error and at what caused it; happy-eyeballs attempts of one connect are causes, too. */
function anyCause(error: unknown, holds: (one: unknown) => boolean): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (holds(one) || (one instanceof AggregateError && one.errors.some(holds))) return true
  }
  return false
}

/** The server's fields, of our own error or of one that pg made. */
export function serverFields(error: unknown): ServerFields | undefined {
  if (error instanceof DatabaseError) return error.server
  if (!(error instanceof Error) || error instanceof PgleapError) return undefined
  const text = (name: string) => {
    const value: unknown = Reflect.get(error, name)
    return typeof value === 'string' ? value : undefined
  }
  const sqlstate = text('code')
  const severity = text('severity')
  if (sqlstate === undefined || severity === undefined) return undefined
  return {
    severity,
    sqlstate,
    message: error.message,
    detail: text('detail'),
    hint: text('hint'),
    position: text('position'),
    where: text('where'),
    schema: text('schema'),
    table: text('table'),
    column: text('column'),
    dataType: text('dataType'),
    constraint: text('constraint'),
    routine: text('routine'),
  }
}

/** Node's error code (`ECONNRESET`), or an empty string. */
export function nodeCode(error: unknown): string {
  if (error instanceof PgleapError || !(error instanceof Error) || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
