import { type DatabaseError, SQLSTATE } from '../../connection/index.ts'
import { type Described, fullName, madeBeside, mentions, subjectsOf } from './described.ts'
import { expectedReason } from './expected.ts'
import type { Ground } from './left-out.ts'
import type { Messages, NewMessage, StoredMessage } from './messages.ts'
import { wordsAbout } from './words.ts'

/** Refusals by which the server says that something is missing. */
export const MISSING: readonly string[] = [
  SQLSTATE.undefinedTable,
  SQLSTATE.undefinedSchema,
  SQLSTATE.undefinedObject,
  SQLSTATE.undefinedFunction,
  SQLSTATE.invalidParameterValue,
  SQLSTATE.wrongObjectType,
  SQLSTATE.noSuchDatabase,
  '42703', // column
]
export const IS_THERE: readonly string[] = [SQLSTATE.duplicateDatabase, '42710', '42P07', '42P06', '42723']
const FOREIGN_KEY = '23503'

/** Kinds whose lack is felt by other statements, and whose names are their own. */
const MISSED = new Set(
  'TABLE,FOREIGN TABLE,VIEW,MATERIALIZED VIEW,SEQUENCE,TYPE,DOMAIN,SCHEMA,EXTENSION,SERVER,ROLE,DATABASE,TABLESPACE,FUNCTION,PROCEDURE,AGGREGATE,COLLATION,CONVERSION,LANGUAGE,FOREIGN DATA WRAPPER,TEXT SEARCH PARSER,TEXT SEARCH TEMPLATE,TEXT SEARCH DICTIONARY,TEXT SEARCH CONFIGURATION,ACCESS METHOD,PUBLICATION'.split(
    ',',
  ),
)

/** A statement that a message is about. */
export interface Judged {
  piece: { line: number }
  statement: Described
}

/** Sorts what the server refuses, and finds what it follows from. */
export class Judge {
  readonly #now: () => { ground: Ground; messages: Messages }

  /** `now` gives what holds at the moment. */
  constructor(now: () => { ground: Ground; messages: Messages }) {
    this.#now = now
  }

  message(
    { piece, statement }: Judged,
    what: Pick<NewMessage, 'sort' | 'sqlstate' | 'message' | 'reason' | 'missing' | 'follows'>,
  ): NewMessage {
    return { line: piece.line, database: this.#now().ground.database, statement: statement.label, ...what }
  }

  refusal(judged: Judged, error: DatabaseError): NewMessage {
    const { statement } = judged
    const { ground } = this.#now()
    const { sqlstate } = error.server
    const words = { sqlstate, message: wordsAbout(statement, error.server) }
    const missing = this.#made(statement)
    const reason = expectedReason({ ...ground, sqlstate, statement })
    if (reason !== undefined) {
      // What is there already is not missing, unless it is somebody else's.
      const isTheirs = !IS_THERE.includes(sqlstate) || statement.path.length > 1
      return this.message(judged, { sort: 'expected', ...words, reason, missing: isTheirs ? missing : undefined })
    }
    const cause = this.#causeOfRefusal(statement, sqlstate)
    // That something of a service's is missing is as expected; that the script's own is missing for it is not.
    if (cause !== undefined && (cause.sort !== 'expected' || missing === undefined)) {
      return this.message(judged, { sort: cause.sort, ...words, missing, follows: cause.id })
    }
    const fills = statement.verb === 'COPY' || statement.verb === 'INSERT INTO'
    const rows = fills ? keyOfRows(ground.database, statement.name) : undefined
    return this.message(judged, { sort: 'error', ...words, missing: missing ?? rows })
  }

  /** Says that a statement was not run, since what it is about is not the script's own. */
  follower(judged: Judged, cause: StoredMessage): NewMessage {
    return this.message(judged, {
      sort: cause.sort,
      message: `Left out, as ${cause.statement} failed (line ${String(cause.line)}): what is there is not this script's.`,
      missing: this.#made(judged.statement),
      follows: cause.follows ?? cause.id,
    })
  }

  /** The message by which an object that a statement changes was not made by the script; `open` is the large object that is open. */
  causeOfSubject(statement: Described, open: string | undefined): StoredMessage | undefined {
    const subjects = open === undefined ? subjectsOf(statement) : [open]
    return this.#now().messages.causeOf(subjects.map((subject) => keyOf(this.#scope(statement), subject)))
  }

  made(statement: Described): void {
    this.#now().messages.found(keyOf(this.#scope(statement), fullName(statement)))
  }

  /** The key of what a statement would make that others are about. */
  #made(statement: Described): string | undefined {
    const isNamed = statement.verb === 'CREATE' && statement.name !== '' && MISSED.has(statement.kind)
    const name = isNamed ? fullName(statement) : madeBeside(statement)
    return name === undefined ? undefined : keyOf(this.#scope(statement), name)
  }

  #causeOfRefusal(statement: Described, sqlstate: string): StoredMessage | undefined {
    const { ground, messages } = this.#now()
    const names = [...mentions(statement.tokens)]
    if (sqlstate === FOREIGN_KEY) return messages.causeOf(names.map((name) => keyOfRows(ground.database, name)))
    if (!MISSING.includes(sqlstate)) return undefined
    return messages.causeOf(names.flatMap((name) => [keyOf(ground.database, name), ofServer(name)]))
  }

  /** Roles, tablespaces and databases belong to the server. */
  #scope({ kind }: Described): string {
    return kind === 'ROLE' || kind === 'TABLESPACE' || kind === 'DATABASE' ? '' : this.#now().ground.database
  }
}

/** The key of a role, tablespace or database that was not made. */
export function ofServer(name: string): string {
  return keyOf('', name)
}

function keyOf(database: string, name: string): string {
  return `${database}\t${name}`
}

function keyOfRows(database: string, table: string): string {
  return keyOf(database, `rows of ${table}`)
}
