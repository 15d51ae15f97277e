import { DatabaseError, SQLSTATE, type Session } from '../../connection/index.ts'
import { DEFAULT_RETRY, Retries, SYSTEM_CLOCK } from '../../engine/index.ts'
import { PgleapError } from '../../errors.ts'
import { isReserved } from '../../provider/index.ts'
import type { EmitEvent } from '../../report/index.ts'
import { copyIn, runStatements } from '../../wire/index.ts'
import { readCommand } from './commands.ts'
import { decodeNames } from './decode.ts'
import { describe, type Described } from './described.ts'
import { isEmptyDatabase } from './empty-database.ts'
import { IS_THERE, Judge, type Judged, MISSING, ofServer } from './judge.ts'
import { leftOutReason, type Ground, rolesOf } from './left-out.ts'
import { Messages, type NewMessage, type StoredMessage } from './messages.ts'
import { otherwise } from './otherwise.ts'
import type { Progress } from './progress.ts'
import { type Piece, ScriptReader } from './reader.ts'
import type { ScriptRecord } from './record.ts'
import type { Sessions } from './sessions.ts'
import type { ScriptSource } from './source.ts'
import { affected, connected, effectOf, type ScriptState, SESSION_WORDS, type SessionEffect } from './state.ts'
import { encodingSet } from './survey.ts'
import { Transactor } from './transact.ts'
import { endsAttempt, presentable, wordsAbout } from './words.ts'

export interface ScriptRunOptions {
  source: ScriptSource
  sessions: Sessions
  record: ScriptRecord
  progress: Progress
  state: ScriptState
  ground: Omit<Ground, 'database' | 'existing'>
  existing: Set<string>
  statementLimit: number
  /** Undefined: as the script says. */
  onError: 'continue' | 'stop' | undefined
  emit: EmitEvent
  signal: AbortSignal
}

type StatementPiece = Extract<Piece, { kind: 'statement' | 'copy' }>

/** A piece that is being done: what it is, and the state behind it. */
interface Doing extends Judged {
  piece: StatementPiece
  next: ScriptState
}

/** A transaction that the script itself has begun. */
interface Block {
  /** Before its BEGIN. */
  before: ScriptState
  messages: NewMessage[]
  failed: 'yes' | 'no'
}

/** What is made outside of transactions, and is whole where it is there at all. */
const WHOLE_OR_NOT = new Set(['DATABASE', 'TABLESPACE', 'SUBSCRIPTION'])

const FAILED_TRANSACTION = '25P02'

class Stopped extends Error {}

/** Runs a script from a place to its end; see `restoreScript` for what it promises. */
export class ScriptRun {
  readonly #options: ScriptRunOptions
  /** The newest place that a run could go on from: what is before it is done and recorded, or only sets the session. */
  #state: ScriptState
  /** The state behind what is being committed now. */
  #next: ScriptState
  #maybeDone = false
  #block: Block | undefined
  /** Set while a part of the script is passed over, as its database cannot be connected to. */
  #skipping: StoredMessage | undefined
  #skipped: NewMessage | undefined
  #retries = new Retries(DEFAULT_RETRY, SYSTEM_CLOCK)
  /** Grants to the user himself that were tried. */
  readonly #granted = new Set<string>()
  /** Of the COPY that was just done. */
  #copied = 0
  readonly #judge = new Judge(() => ({ ground: this.#ground(), messages: this.messages }))
  readonly databases = new Set<string>()
  messages = new Messages()
  rows = 0

  constructor(options: ScriptRunOptions) {
    this.#options = options
    this.#state = options.state
    this.#next = options.state
  }

  async run(): Promise<'finished' | 'stopped'> {
    const { signal, emit } = this.#options
    for (;;) {
      try {
        await this.#settle()
        await this.#pass()
        return 'finished'
      } catch (error) {
        if (error instanceof Stopped) return 'stopped'
        if (signal.aborted) throw interrupted(error)
        const pause = isClosed(error) ? undefined : this.#retries.pauseAfter(error)
        if (pause === undefined) throw error
        const reason = error instanceof Error ? error.message : String(error)
        const message = `${reason} It is tried again.`
        emit({ type: 'notice', at: Date.now(), level: 'info', code: 'run.reconnecting', message })
        await SYSTEM_CLOCK.sleep(pause, signal).catch(() => {})
      }
    }
  }

  /** Finds out what is done, whatever became of the sessions. */
  async #settle(): Promise<void> {
    const { sessions, record } = this.#options
    this.#block = undefined
    this.#skipped = undefined
    await sessions.ensure()
    const { doneTo, maybeDone } = await record.standing()
    if (doneTo === this.#next.offset) this.#state = this.#next
    this.#maybeDone = maybeDone
    this.messages = await record.messages()
  }

  async #pass(): Promise<void> {
    const { source, statementLimit, signal } = this.#options
    const database = this.#state.database ?? this.#options.ground.home
    this.#skipping = this.messages.causeOf([connectKey(database)])
    if (this.#skipping === undefined) await this.#session()
    const { offset } = this.#state
    const reader = new ScriptReader(source.read(offset), { from: this.#state, keep: statementLimit })
    try {
      for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
        if (signal.aborted) throw interrupted(signal.reason)
        this.#copied = 0
        await this.#do(piece, reader)
        reader.standardStrings = this.#now.standardStrings
        this.#options.progress.reach(reader.place.offset, this.#copied)
      }
      this.#options.progress.reach(reader.place.offset)
    } finally {
      await reader.close()
    }
    await this.#endSkipping(this.#state.offset)
  }

  /** What the script has come to, in a transaction that may yet fail, too. */
  get #now(): ScriptState {
    return this.#block === undefined ? this.#state : this.#next
  }

  get #database(): string {
    return this.#now.database ?? this.#options.ground.home
  }

  async #session(): Promise<Session> {
    const session = await this.#options.sessions.enter(this.#state)
    this.databases.add(session.database)
    return session
  }

  async #transactor(): Promise<Transactor> {
    const { ground, record } = this.#options
    const { settings } = this.#now
    const isHimself = !settings.has('role') && !settings.has('session_authorization')
    const isAtHome = this.#database === ground.home
    return new Transactor(await this.#session(), record, isAtHome && isHimself ? 'together' : 'announced')
  }

  async #do(piece: Piece, reader: ScriptReader): Promise<void> {
    if (piece.kind === 'command') return this.#command(piece, reader)
    const statement = describe(piece.text, decodeNames(this.#now.encoding))
    // The end of the data is where a COPY ends, which is known when they have been read.
    if (piece.kind === 'copy') return this.#copy({ piece, statement }, reader)
    const next = { ...this.#now, ...reader.place }
    const doing: Doing = { piece, statement, next }
    if (this.#skipping !== undefined) return this.#skip(doing)
    const effect: SessionEffect = SESSION_WORDS.has(piece.text.firstWord) ? effectOf(statement) : { does: 'nothing' }
    if (this.#block !== undefined) return this.#inBlock(this.#block, doing, effect)
    if (effect.does === 'nothing') return this.#statement(doing)
    return this.#forSession(doing, effect)
  }

  async #command(piece: Extract<Piece, { kind: 'command' }>, reader: ScriptReader): Promise<void> {
    const command = readCommand(piece.text)
    const next = { ...this.#state, ...reader.place }
    switch (command.does) {
      case 'connect':
        return this.#connect(command.database, piece.line, next)
      case 'encoding': {
        const after = encodingSet(next, command.encoding)
        const sql = after.settings.get('client_encoding')
        if (this.#skipping === undefined && sql !== undefined) await runStatements(await this.#session(), [[sql]])
        this.#move(after)
        return
      }
      case 'on-error':
        this.#move({ ...next, onError: command.how })
        return
      case 'restrict':
      case 'unrestrict':
        // What they forbid was looked at before anything was run.
        this.#move({ ...next, restricted: command.does === 'restrict' ? command.key : undefined })
        return
      case 'unsupported':
        throw new PgleapError({
          code: 'internal.command',
          message: `The script has changed while it was run (line ${String(piece.line)}).`,
          hint: 'Leave the file as it is until the run has ended.',
          party: 'usage',
        })
    }
  }

  async #connect(database: string, line: number, behind: ScriptState): Promise<void> {
    const { sessions, ground, record } = this.#options
    await this.#endSkipping(this.#state.offset)
    const next = connected(behind, database)
    const about = { line, database, statement: `\\connect ${database}`, missing: connectKey(database) }
    const cause = this.messages.causeOf([ofServer(database)])
    if (isReserved(ground.provider, 'database', database) && !database.startsWith('template')) {
      const message = 'The database and all that the script has for it are left out.'
      const reason = `Database ${database} belongs to ${ground.provider.name}.`
      this.#skipping = this.messages.add({ ...about, sort: 'left-out', message, reason })
    } else if (cause !== undefined) {
      const message = `All that the script has for database ${database} is left out.`
      this.#skipping = this.messages.add({ ...about, sort: cause.sort, message, follows: cause.id })
    } else {
      this.#move(next)
      try {
        await this.#session()
        return
      } catch (error) {
        if (!isClosed(error)) throw error
        this.#skipping = this.messages.add({ ...about, sort: 'error', message: error.message })
        this.#stopWhereAsked('error')
      }
    }
    await sessions.leave()
    this.#next = next
    await record.done(next.offset, [this.#skipping])
    this.#move(next)
  }

  /** Statements of a database that is not there are counted as one message. */
  #skip({ piece, next }: Pick<Doing, 'piece' | 'next'>): void {
    const cause = this.#skipping
    if (cause === undefined) return
    this.#skipped ??= {
      sort: cause.sort,
      line: piece.line,
      database: cause.database,
      statement: 'the statements of this database',
      message: 'Left out, as the database cannot be connected to.',
      follows: cause.follows ?? cause.id,
    }
    this.#move(next)
  }

  async #endSkipping(offset: number): Promise<void> {
    const [skipped] = [this.#skipped]
    this.#skipping = undefined
    this.#skipped = undefined
    if (skipped !== undefined) await this.#options.record.done(offset, [this.messages.add(skipped)])
  }

  /** SET and its like are not recorded: who goes on sets the same again. BEGIN opens a block. */
  async #forSession(doing: Doing, effect: SessionEffect): Promise<void> {
    const { piece, next } = doing
    const [outcome] = await this.#cancellable((session) => runStatements(session, [piece.text.parts]))
    if (outcome?.error !== undefined) {
      await this.#refused(doing, outcome.error)
      return
    }
    const after = affected(next, effect, () => Buffer.concat(piece.text.parts))
    if (effect.does === 'begin') {
      this.#block = { before: this.#state, messages: [], failed: 'no' }
      this.#next = after
    } else {
      this.#move({ ...after, transaction: 'none' })
      await this.#warn(doing, outcome?.warnings ?? [])
    }
  }

  async #statement(doing: Doing): Promise<void> {
    if (await this.#isLeftOut(doing)) return
    const { piece, next } = doing
    this.#next = next
    const step = { from: this.#state.offset, to: next.offset }
    const transactor = await this.#transactor()
    const done = await this.#cancellable(() => transactor.statement(piece.text.parts, step))
    if (done.error === undefined) return this.#succeeded(doing, done.warnings)
    const wasDone = this.#maybeDone && this.#isDoneBefore(doing.statement, done.error)
    this.#maybeDone = false
    if (wasDone) {
      await this.#options.record.done(next.offset)
      return this.#succeeded(doing, [])
    }
    const refusal = await this.#otherwise(doing, transactor, done.error)
    if (refusal !== undefined) await this.#refused(doing, refusal)
  }

  /** What runs outside of transactions was begun by a run that was killed, and the server says that it is done. */
  #isDoneBefore({ verb, kind }: Described, { server }: DatabaseError): boolean {
    if (!WHOLE_OR_NOT.has(kind)) return false
    if (verb === 'CREATE') return IS_THERE.includes(server.sqlstate)
    return verb === 'DROP' && MISSING.includes(server.sqlstate)
  }

  /** Tries what may work where a right is missing; gives the refusal that tells most where nothing does. */
  async #otherwise(doing: Doing, transactor: Transactor, error: DatabaseError): Promise<DatabaseError | undefined> {
    if (error.server.sqlstate !== SQLSTATE.noPrivilege) return error
    const { piece, statement, next } = doing
    let refusal = error
    const step = { from: this.#state.offset, to: next.offset }
    for (const { grant, sql, tell } of otherwise(statement, piece.text, this.#ground())) {
      if (grant !== undefined) {
        if (this.#granted.has(grant)) continue
        this.#granted.add(grant)
        const [granted] = await runStatements(this.#options.sessions.record, [grant])
        if (granted?.error !== undefined) continue
      }
      const { error, warnings } = await this.#cancellable(() => transactor.statement(sql, step))
      if (error !== undefined) {
        if (endsAttempt(error)) throw presentable(error, statement)
        if (error.server.sqlstate !== SQLSTATE.noPrivilege) refusal = error
        continue
      }
      await this.#succeeded(doing, warnings)
      if (tell !== undefined) await this.#tell(next.offset, doing, tell)
      return undefined
    }
    return refusal
  }

  async #copy({ piece, statement }: Pick<Doing, 'piece' | 'statement'>, reader: ScriptReader): Promise<void> {
    const behind = async () => {
      for await (const _rows of reader.data());
      return { ...this.#now, ...reader.place }
    }
    if (this.#skipping !== undefined) {
      this.#skip({ piece, next: await behind() })
      return
    }
    const cause = this.#judge.causeOfSubject(statement)
    const block = this.#block
    if (cause !== undefined) {
      await this.#leaveOut({ piece, statement, next: await behind() }, cause)
      return
    }
    const transactor = await this.#transactor()
    if (block === undefined) await this.#cancellable(() => transactor.begin())
    let error: DatabaseError | undefined
    try {
      const { rows } = await this.#cancellable((session) =>
        copyIn(session, Buffer.concat(piece.text.parts), this.#data(reader)),
      )
      this.#copied = rows
    } catch (cause) {
      if (!(cause instanceof DatabaseError)) throw cause
      error = cause
    }
    const next = await behind()
    const doing: Doing = { piece, statement, next }
    this.#next = next
    if (block !== undefined) {
      if (error !== undefined) this.#failBlock(block, doing, error)
      this.rows += this.#copied
      return
    }
    if (error === undefined) {
      const step = { from: this.#state.offset, to: next.offset }
      const end = await this.#cancellable(() => transactor.commit(step))
      if (end?.error === undefined) {
        this.rows += this.#copied
        return this.#succeeded(doing, end?.warnings ?? [])
      }
      error = end.error
    } else await transactor.rollBack()
    await this.#refused(doing, error)
  }

  async *#data(reader: ScriptReader): AsyncGenerator<Buffer, void, void> {
    const { signal, progress } = this.#options
    for await (const rows of reader.data()) {
      if (signal.aborted) throw interrupted(signal.reason)
      progress.reach(reader.place.offset)
      yield rows
    }
  }

  async #inBlock(block: Block, doing: Doing, effect: SessionEffect): Promise<void> {
    const { piece, statement, next } = doing
    if (effect.does === 'end') return this.#endBlock(block, doing)
    const reason = leftOutReason(statement, this.#ground())
    const cause = this.#judge.causeOfSubject(statement)
    this.#next = next
    if (reason !== undefined) {
      block.messages.push(this.#judge.message(doing, { sort: 'left-out', message: 'Not run.', reason }))
      return
    }
    if (cause !== undefined) {
      block.messages.push(this.#judge.follower(doing, cause))
      return
    }
    const [outcome] = await this.#cancellable((session) => runStatements(session, [piece.text.parts]))
    if (outcome?.error === undefined) this.#next = affected(next, effect, () => Buffer.concat(piece.text.parts))
    else this.#failBlock(block, doing, outcome.error)
  }

  #failBlock(block: Block, doing: Doing, error: DatabaseError): void {
    if (endsAttempt(error)) throw presentable(error, doing.statement)
    block.failed = 'yes'
    // What comes behind the error in the same transaction fails with it, and is no news.
    if (error.server.sqlstate !== FAILED_TRANSACTION) block.messages.push(this.#judge.refusal(doing, error))
  }

  async #endBlock(block: Block, doing: Doing): Promise<void> {
    const { piece, statement, next } = doing
    const step = { from: block.before.offset, to: next.offset }
    const transactor = await this.#transactor()
    const after: ScriptState = { ...next, transaction: 'none' }
    const commits = statement.verb === 'COMMIT' || statement.verb === 'END'
    const messages = [...block.messages]
    if (commits && block.failed === 'no') {
      this.#next = after
      const end = await this.#cancellable(() => transactor.commit(step, piece.text.parts))
      if (end?.error === undefined) {
        this.#block = undefined
        this.#move(after)
        if (messages.length > 0)
          await this.#options.record.done(
            next.offset,
            messages.map((one) => this.messages.add(one)),
          )
        return
      }
      if (endsAttempt(end.error)) throw presentable(end.error, statement)
      messages.push(this.#judge.refusal(doing, end.error))
    } else await this.#cancellable((session) => runStatements(session, [piece.text.parts]))
    if (messages.some(({ sort }) => sort === 'error')) this.#stopWhereAsked('error', messages)
    // What the transaction had set went with it.
    const { settings, encoding, standardStrings } = block.before
    const undone = { ...after, settings, encoding, standardStrings }
    this.#next = undone
    this.#block = undefined
    await this.#options.record.done(
      next.offset,
      messages.map((one) => this.messages.add(one)),
    )
    this.#move(undone)
  }

  async #succeeded(doing: Doing, warnings: readonly { sqlstate: string; message: string }[]): Promise<void> {
    const { statement, next } = doing
    const { existing, record } = this.#options
    this.#maybeDone = false
    this.#retries = new Retries(DEFAULT_RETRY, SYSTEM_CLOCK)
    this.#move(next)
    if (statement.verb === 'CREATE') this.#judge.made(statement)
    if (statement.verb === 'DROP' && statement.kind === 'ROLE') {
      const gone = rolesOf(statement, this.#ground()).filter((role) => existing.delete(role))
      if (gone.length > 0) await record.done(next.offset, [], gone)
    }
    await this.#warn(doing, warnings)
  }

  async #warn(doing: Doing, warnings: readonly { sqlstate: string; message: string }[]): Promise<void> {
    if (warnings.length === 0) return
    const stored = warnings.map((warning) => {
      const message = wordsAbout(doing.statement, { severity: 'WARNING', ...warning })
      return this.messages.add(this.#judge.message(doing, { sort: 'warning', sqlstate: warning.sqlstate, message }))
    })
    await this.#options.record.done(doing.next.offset, stored)
  }

  /** A refusal outside of the script's own transactions: it is sorted, recorded and passed over, or ends the run. */
  async #refused(doing: Doing, error: DatabaseError): Promise<void> {
    const { statement, next } = doing
    this.#next = next
    if (endsAttempt(error)) throw presentable(error, statement)
    let message = this.#judge.refusal(doing, error)
    const isDatabase = statement.verb === 'CREATE' && statement.kind === 'DATABASE'
    if (message.sort === 'error' && isDatabase) message = await this.#existingDatabase(doing, message)
    if (message.sort === 'error') this.#stopWhereAsked('error', [message])
    await this.#options.record.done(next.offset, [this.messages.add(message)])
    this.#move(next)
  }

  /** A database that somebody has made for the restore is as good as one that the script makes; one with content is not ours. */
  async #existingDatabase({ statement }: Doing, message: NewMessage): Promise<NewMessage> {
    if (message.sqlstate !== SQLSTATE.duplicateDatabase && message.sqlstate !== SQLSTATE.noPrivilege) return message
    try {
      await using session = await this.#options.sessions.look(statement.name)
      if (!(await isEmptyDatabase(session))) return message
    } catch (error) {
      if (isClosed(error)) return message
      throw error
    }
    const reason = `Database ${statement.name} is there already, and empty.`
    return { ...message, sort: 'expected', reason, missing: undefined }
  }

  /** Statements that are not to be run, or that would change something that is not this script's. */
  async #isLeftOut(doing: Doing): Promise<boolean> {
    const reason = leftOutReason(doing.statement, this.#ground())
    if (reason !== undefined) {
      this.#next = doing.next
      await this.#tell(doing.next.offset, doing, { sort: 'left-out', message: 'Not run.', reason })
      this.#move(doing.next)
      return true
    }
    const cause = this.#judge.causeOfSubject(doing.statement)
    if (cause === undefined) return false
    await this.#leaveOut(doing, cause)
    return true
  }

  async #leaveOut(doing: Doing, cause: StoredMessage): Promise<void> {
    if (this.#block !== undefined) {
      this.#block.messages.push(this.#judge.follower(doing, cause))
      this.#next = doing.next
      return
    }
    this.#next = doing.next
    await this.#options.record.done(doing.next.offset, [this.messages.add(this.#judge.follower(doing, cause))])
    this.#move(doing.next)
  }

  async #tell(offset: number, doing: Doing, what: Pick<NewMessage, 'sort' | 'message' | 'reason'>): Promise<void> {
    await this.#options.record.done(offset, [this.messages.add(this.#judge.message(doing, what))])
  }

  #stopWhereAsked(sort: 'error', unrecorded: readonly NewMessage[] = []): void {
    if ((this.#options.onError ?? this.#now.onError) !== 'stop') return
    for (const message of unrecorded) this.messages.add(message)
    throw new Stopped(sort)
  }

  #ground(): Ground {
    return { ...this.#options.ground, database: this.#database, existing: this.#options.existing }
  }

  #move(state: ScriptState): void {
    this.#state = state
    this.#next = state
  }

  /** Runs something on the script's session; an abort ends it there. */
  async #cancellable<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const { signal } = this.#options
    const session = await this.#session()
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
}

/** The database is not there, or does not let this user in: that does not pass by waiting. */
function isClosed(error: unknown): error is PgleapError {
  return error instanceof PgleapError && CLOSED.has(error.code)
}

const CLOSED = new Set([
  'connect.no-database',
  'connect.not-allowed',
  'connect.refused-by-server',
  'connect.password',
  'connect.password-missing',
])

function connectKey(database: string): string {
  return `\\connect ${database}`
}

function interrupted(cause: unknown): PgleapError {
  return new PgleapError({
    code: 'run.interrupted',
    message: 'The restore was interrupted. What is done is kept; what was under way is rolled back.',
    hint: 'Call it again with the same script and target: it goes on where it stopped.',
    party: 'interrupted',
    cause,
  })
}
