import { connect, type ConnectionInfo, type Session } from '../../connection/index.ts'
import { endWorker, markWorker, RunLock } from '../../engine/index.ts'
import { quoteLiteral } from '../../sql.ts'
import { runStatements } from '../../wire/index.ts'
import { INITIAL_STATE, type ScriptState } from './state.ts'

/**
 * The sessions of a script's run: one in the database that the script is in, as psql would have it, and one in the database that
 * the user named, for the record. In each database a lock keeps other runs of pgleap out.
 */
export class Sessions implements AsyncDisposable {
  /** The database that the user named. */
  readonly home: string
  readonly #info: ConnectionInfo
  readonly #signal: AbortSignal
  #homeLock: RunLock | undefined
  #record: Session | undefined
  #work: Session | undefined
  #workLock: RunLock | undefined
  /** Server processes of sessions that were lost, which may go on with what they were doing. */
  #lost: { database: string; pid: number }[] = []

  constructor(info: ConnectionInfo, signal: AbortSignal) {
    this.#info = info
    this.#signal = signal
    this.home = info.database
  }

  /** The session for the record; `ensure` opens it. */
  get record(): Session {
    if (this.#record === undefined) throw new Error('ensure was not called')
    return this.#record
  }

  /** Opens, or opens again, what the record needs, and ends what lost sessions have left behind in its database. */
  async ensure(): Promise<void> {
    if (this.#homeLock === undefined) {
      this.#homeLock = await RunLock.acquire((signal) => this.#open(this.home, 'lock', signal), this.#signal)
    } else await this.#homeLock.ensure(this.#signal)
    if (this.#record?.broken !== false) {
      if (this.#record !== undefined) await this.#giveUp(this.#record)
      this.#record = await this.#open(this.home, 'record')
      await this.#endLost(this.#record)
      await markWorker(this.#record)
    }
    if (this.#work?.broken === true) await this.leave()
    await this.#endLost(this.#record)
  }

  /** A session in the state's database that has what the script has set so far; the same one where it is there. */
  async enter(state: ScriptState): Promise<Session> {
    const database = state.database ?? this.home
    if (this.#work?.broken === false && this.#work.database === database) return this.#work
    await this.leave()
    if (database !== this.home) {
      this.#workLock = await RunLock.acquire((signal) => this.#open(database, 'lock', signal), this.#signal)
    }
    const session = await this.#open(database, 'script')
    this.#work = session
    await this.#endLost(session)
    await markWorker(session)
    await session.script('RESET ALL')
    await session.script(initialSettings())
    // What the server refused then, it may refuse again.
    await runStatements(
      session,
      [...state.settings.values()].map((sql) => [sql]),
    )
    return session
  }

  /** Closes the script's session, so that its database may be dropped or copied. */
  async leave(): Promise<void> {
    const [work, lock] = [this.#work, this.#workLock]
    this.#work = undefined
    this.#workLock = undefined
    if (work !== undefined) await this.#giveUp(work)
    await lock?.release()
  }

  /** Opens a session in a database to look at it. */
  look(database: string): Promise<Session> {
    return this.#open(database, 'look')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave()
    await this.#record?.close()
    await this.#homeLock?.release()
  }

  async #giveUp(session: Session): Promise<void> {
    if (session.broken) this.#lost.push({ database: session.database, pid: session.pid })
    await session.close()
  }

  async #endLost(session: Session): Promise<void> {
    for (const { pid } of this.#lost.filter(({ database }) => database === session.database)) {
      await endWorker(session, pid, this.#signal)
    }
    this.#lost = this.#lost.filter(({ database }) => database !== session.database)
  }

  #open(database: string, purpose: string, signal = this.#signal): Promise<Session> {
    return connect(this.#info.withDatabase(database), {
      side: 'target',
      purpose: `restore ${purpose}`,
      settings: { client_encoding: 'UTF8' },
      signal,
    })
  }
}

/** What a script's session begins with on top of the server's defaults; those that this server does not know are left out. */
const SETTINGS: Readonly<Record<string, string>> = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  transaction_timeout: '0',
  client_encoding: INITIAL_STATE.encoding,
  standard_conforming_strings: INITIAL_STATE.standardStrings,
  // pg_dump's scripts do not say it, and NULL in an array would become a word.
  array_nulls: 'on',
  client_min_messages: 'warning',
  // A statement and its record commit together, so a crash loses both or neither; the last commit makes all durable.
  synchronous_commit: 'off',
}

function initialSettings(): string {
  const rows = Object.entries(SETTINGS).map(([name, value]) => `(${quoteLiteral(name)}, ${quoteLiteral(value)})`)
  return `SELECT pg_catalog.set_config(name, value, false) FROM (VALUES ${rows.join(', ')}) AS s (name, value)
          WHERE pg_catalog.current_setting(name, true) IS NOT NULL`
}
