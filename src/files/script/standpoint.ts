import type { DatabaseError, Session } from '../../connection/index.ts'
import { PgleapError } from '../../errors.ts'
import { isAboutOpened, openedBy } from './described.ts'
import { Judge, type Judged } from './judge.ts'
import { leftOutReason, type Ground } from './left-out.ts'
import { Messages, type NewMessage, type StoredMessage } from './messages.ts'
import type { StatementText } from './reader.ts'
import type { ScriptRecord } from './record.ts'
import type { Sessions } from './sessions.ts'
import type { ScriptState } from './state.ts'
import { Transactor } from './transact.ts'
import { wordsAbout } from './words.ts'

export interface StandpointOptions {
  sessions: Sessions
  record: ScriptRecord
  state: ScriptState
  ground: Omit<Ground, 'database' | 'existing'>
  existing: Set<string>
  /** Undefined: as the script says. */
  onError: 'continue' | 'stop' | undefined
  signal: AbortSignal
}

/** A statement that is being done, and the state behind it. */
export interface Doing extends Judged {
  piece: { line: number; text: StatementText }
  next: ScriptState
}

/** A transaction that the script itself has begun. */
export interface Block {
  /** Before its BEGIN. */
  before: ScriptState
  /** Said when it has ended. */
  messages: NewMessage[]
  failed: 'yes' | 'no'
}

/** Thrown at the first error where that is to end the run. */
export class Stopped extends Error {}

/** Where a run stands: what is done, what is being done, and what there was to say. */
export class Standpoint {
  readonly record: ScriptRecord
  readonly sessions: Sessions
  readonly existing: Set<string>
  readonly judge: Judge
  /** The newest place that a run could go on from: what is before it is done and recorded, or only sets the session. */
  state: ScriptState
  /** The state behind what is being committed now. */
  next: ScriptState
  /** What comes next was begun outside of a transaction by a run that was killed, and may be done. */
  maybeDone = false
  block: Block | undefined
  messages = new Messages()
  readonly #options: StandpointOptions
  #session: Session | undefined
  /** The large object that the script has opened last: pg_dump opens one at a time. */
  #object: string | undefined

  constructor(options: StandpointOptions) {
    this.#options = options
    this.record = options.record
    this.sessions = options.sessions
    this.existing = options.existing
    this.state = options.state
    this.next = options.state
    this.judge = new Judge(() => ({ ground: this.ground, messages: this.messages }))
  }

  /** Finds out what is done, whatever became of the sessions. */
  async settle(): Promise<void> {
    this.block = undefined
    await this.sessions.ensure()
    const { doneTo, maybeDone } = await this.record.standing()
    if (doneTo === this.next.offset) this.state = this.next
    this.maybeDone = maybeDone
    this.messages = await this.record.messages()
  }

  /** What the script has come to, in a transaction that may yet fail, too. */
  get now(): ScriptState {
    return this.block === undefined ? this.state : this.next
  }

  get database(): string {
    return this.now.database ?? this.#options.ground.home
  }

  get ground(): Ground {
    return { ...this.#options.ground, database: this.database, existing: this.existing }
  }

  move(state: ScriptState): void {
    this.state = state
    this.next = state
  }

  /** Opens the session of the database that the script is in, where it is not there. */
  async enter(): Promise<Session> {
    this.#session = await this.sessions.enter(this.state)
    return this.#session
  }

  /** How statements and their record become one here. */
  transactor(): Transactor {
    const { settings } = this.now
    const isHimself = !settings.has('role') && !settings.has('session_authorization')
    const isAtHome = this.database === this.#options.ground.home
    return new Transactor(this.#entered(), this.record, isAtHome && isHimself ? 'together' : 'announced')
  }

  /**
   * Runs something on the script's session; an abort ends it there. A session that was lost is never replaced in between, as
   * the rest of a transaction would run without its beginning.
   */
  async cancellable<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const { signal } = this.#options
    const session = this.#entered()
    const cancel = () => void session.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      const result = await work(session)
      if (signal.aborted) throw interrupted(signal.reason)
      return result
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  /** Why a statement is not to be run: it is not for a script to change that, or what it changes is not this script's own. */
  leftOut(doing: Doing): NewMessage | undefined {
    const reason = leftOutReason(doing.statement, this.ground)
    if (reason !== undefined) return this.judge.message(doing, { sort: 'left-out', message: 'Not run.', reason })
    this.#object = openedBy(doing.statement) ?? this.#object
    const open = isAboutOpened(doing.statement) ? this.#object : undefined
    const cause = this.judge.causeOfSubject(doing.statement, open)
    return cause === undefined ? undefined : this.judge.follower(doing, cause)
  }

  /** Passes over a statement, with what there is to say about it. */
  async passOver(doing: Doing, message: NewMessage): Promise<void> {
    this.next = doing.next
    if (this.block === undefined) {
      await this.record.done(doing.next.offset, [this.messages.add(message)])
      this.move(doing.next)
    } else this.block.messages.push(message)
  }

  /** Records something about what is done already. */
  async tell(offset: number, messages: readonly NewMessage[]): Promise<void> {
    if (messages.length === 0) return
    const stored: StoredMessage[] = messages.map((message) => this.messages.add(message))
    await this.record.done(offset, stored)
  }

  async warn(doing: Doing, warnings: readonly DatabaseError['server'][]): Promise<void> {
    const messages = warnings.map((warning) => {
      const message = wordsAbout(doing.statement, warning)
      return this.judge.message(doing, { sort: 'warning', sqlstate: warning.sqlstate, message })
    })
    await this.tell(doing.next.offset, messages)
  }

  /** Ends the run where that was asked for, before the place is recorded as done. */
  stopAtError(messages: readonly NewMessage[]): void {
    if ((this.#options.onError ?? this.now.onError) !== 'stop') return
    if (!messages.some(({ sort }) => sort === 'error')) return
    for (const message of messages) this.messages.add(message)
    throw new Stopped()
  }

  #entered(): Session {
    if (this.#session !== undefined) return this.#session
    throw new PgleapError({ code: 'internal.unexpected', message: 'No session was opened.', party: 'internal' })
  }
}

export function interrupted(cause: unknown): PgleapError {
  return new PgleapError({
    code: 'run.interrupted',
    message: 'The restore was interrupted. What is done is kept; what was under way is rolled back.',
    hint: 'Call it again with the same script and target: it goes on where it stopped.',
    party: 'interrupted',
    cause,
  })
}
