import { DatabaseError } from '../../connection/index.ts'
import { DEFAULT_RETRY, Retries, SYSTEM_CLOCK } from '../../engine/index.ts'
import { PgleapError, unreachable } from '../../errors.ts'
import { isReserved } from '../../provider/index.ts'
import type { EmitEvent } from '../../report/index.ts'
import { copyIn, runStatements } from '../../wire/index.ts'
import { BlockRun } from './block-run.ts'
import { isClosed } from './closed.ts'
import { readCommand } from './commands.ts'
import { decodeNames } from './decode.ts'
import { describe } from './described.ts'
import { ofServer } from './judge.ts'
import type { Messages, NewMessage, StoredMessage } from './messages.ts'
import type { Progress } from './progress.ts'
import { type Piece, ScriptReader } from './reader.ts'
import type { ScriptSource } from './source.ts'
import { type Doing, interrupted, Standpoint, type StandpointOptions, Stopped } from './standpoint.ts'
import { connected, effectOf, type ScriptState, SESSION_WORDS, type SessionEffect } from './state.ts'
import { StatementRun } from './statement-run.ts'
import { encodingSet } from './survey.ts'

export interface ScriptRunOptions extends StandpointOptions {
  source: ScriptSource
  progress: Progress
  statementLimit: number
  emit: EmitEvent
}

/** Runs a script from a place to its end; see `restoreScript` for what it promises. */
export class ScriptRun {
  readonly #options: ScriptRunOptions
  readonly #at: Standpoint
  readonly #statements: StatementRun
  readonly #blocks: BlockRun
  /** Set while a part of the script is passed over, as its database cannot be connected to. */
  #skipping: StoredMessage | undefined
  #skipped: NewMessage | undefined
  #retries = new Retries(DEFAULT_RETRY, SYSTEM_CLOCK)
  /** Rows of the COPY that was just done. */
  #copied = 0
  readonly databases = new Set<string>()
  rows = 0

  constructor(options: ScriptRunOptions) {
    this.#options = options
    this.#at = new Standpoint(options)
    this.#statements = new StatementRun(this.#at, () => (this.#retries = new Retries(DEFAULT_RETRY, SYSTEM_CLOCK)))
    this.#blocks = new BlockRun(this.#at)
  }

  get messages(): Messages {
    return this.#at.messages
  }

  /** Tries again, from the newest place that is recorded, after what may pass: lost connections, deadlocks. */
  async run(): Promise<'finished' | 'stopped'> {
    const { signal, emit } = this.#options
    for (;;) {
      try {
        await this.#at.settle()
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
        // It may have a transaction open, in which what is done again would be there twice.
        await this.#at.sessions.leave()
        await SYSTEM_CLOCK.sleep(pause, signal).catch(() => {})
      }
    }
  }

  async #pass(): Promise<void> {
    const { source, statementLimit, signal, progress } = this.#options
    const at = this.#at
    this.#skipped = undefined
    this.#skipping = at.messages.causeOf([connectKey(at.database)])
    if (this.#skipping === undefined) await this.#enter()
    const reader = new ScriptReader(source.read(at.state.offset), { from: at.state, keep: statementLimit })
    try {
      for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
        if (signal.aborted) throw interrupted(signal.reason)
        this.#copied = 0
        await this.#do(piece, reader)
        reader.standardStrings = at.now.standardStrings
        progress.reach(reader.place.offset, this.#copied)
      }
      progress.reach(reader.place.offset)
    } finally {
      await reader.close()
    }
    await this.#endSkipping()
  }

  async #enter(): Promise<void> {
    this.databases.add((await this.#at.enter()).database)
  }

  async #do(piece: Piece, reader: ScriptReader): Promise<void> {
    const at = this.#at
    if (piece.kind === 'command') return this.#command(piece, reader)
    const statement = describe(piece.text, decodeNames(at.now.encoding))
    if (piece.kind === 'copy') return this.#copy({ piece, statement }, reader)
    const doing: Doing = { piece, statement, next: { ...at.now, ...reader.place } }
    if (this.#skipping !== undefined) return this.#skip(this.#skipping, doing)
    const effect: SessionEffect = SESSION_WORDS.has(piece.text.firstWord) ? effectOf(statement) : { does: 'nothing' }
    if (at.block !== undefined) return this.#blocks.statement(at.block, doing, effect)
    if (effect.does === 'nothing') return this.#statements.statement(doing)
    return this.#statements.forSession(doing, effect)
  }

  async #command(piece: Extract<Piece, { kind: 'command' }>, reader: ScriptReader): Promise<void> {
    const at = this.#at
    const command = readCommand(piece.text)
    const next = { ...at.state, ...reader.place }
    switch (command.does) {
      case 'connect':
        return this.#connect(command.database, piece.line, next)
      case 'encoding': {
        const after = encodingSet(next, command.encoding)
        const sql = after.settings.get('client_encoding') ?? Buffer.alloc(0)
        if (this.#skipping === undefined) await at.cancellable((session) => runStatements(session, [[sql]]))
        return at.move(after)
      }
      case 'on-error':
        return at.move({ ...next, onError: command.how })
      case 'restrict':
      case 'unrestrict':
        // What they forbid was looked at before anything was run.
        return at.move({ ...next, restricted: command.does === 'restrict' ? command.key : undefined })
      case 'unsupported':
        throw changed(piece.line)
      default:
        return unreachable(command)
    }
  }

  async #connect(database: string, line: number, behind: ScriptState): Promise<void> {
    const at = this.#at
    const { provider } = at.ground
    await this.#endSkipping()
    const next = connected(behind, database)
    const about = { line, database, statement: `\\connect ${database}`, missing: connectKey(database) }
    const cause = at.messages.causeOf([ofServer(database)])
    let message: NewMessage
    if (isReserved(provider, 'database', database) && !database.startsWith('template')) {
      const reason = `Database ${database} belongs to ${provider.name}.`
      message = {
        ...about,
        sort: 'left-out',
        message: 'All that the script has for this database is left out.',
        reason,
      }
    } else if (cause !== undefined) {
      message = {
        ...about,
        sort: cause.sort,
        message: 'All that the script has for this database is left out.',
        follows: cause.id,
      }
    } else {
      at.move(next)
      // In the same database, too: the new session has nothing of what was set for the one before.
      await at.sessions.leave()
      try {
        return await this.#enter()
      } catch (error) {
        if (!isClosed(error)) throw error
        message = { ...about, sort: 'error', message: error.message }
        at.stopAtError([message])
      }
    }
    await at.sessions.leave()
    at.next = next
    this.#skipping = at.messages.add(message)
    await at.record.done(next.offset, [this.#skipping])
    at.move(next)
  }

  /** The statements of a database that is passed over are one message, recorded when the script leaves it. */
  #skip(cause: StoredMessage, { piece, next }: Pick<Doing, 'piece' | 'next'>): void {
    this.#skipped ??= {
      sort: cause.sort,
      line: piece.line,
      database: cause.database,
      statement: 'the statements of this database',
      message: 'Left out with their database.',
      follows: cause.follows ?? cause.id,
    }
    this.#at.move(next)
  }

  async #endSkipping(): Promise<void> {
    const skipped = this.#skipped
    this.#skipping = undefined
    this.#skipped = undefined
    if (skipped !== undefined) await this.#at.tell(this.#at.state.offset, [skipped])
  }

  async #copy({ piece, statement }: Pick<Doing, 'piece' | 'statement'>, reader: ScriptReader): Promise<void> {
    const at = this.#at
    /** The end of the data is where a COPY ends. */
    const doing = async (): Promise<Doing> => {
      for await (const _rows of reader.data());
      return { piece, statement, next: { ...at.now, ...reader.place } }
    }
    if (this.#skipping !== undefined) return this.#skip(this.#skipping, await doing())
    const leftOut = at.leftOut({ piece, statement, next: at.now })
    if (leftOut !== undefined) return at.passOver(await doing(), leftOut)
    const transactor = at.transactor()
    if (at.block === undefined) await at.cancellable(() => transactor.begin())
    const refusal = await this.#copyRows(piece, reader)
    const done = await doing()
    at.next = done.next
    if (at.block !== undefined) {
      if (refusal !== undefined) this.#blocks.fail(at.block, done, refusal)
      return
    }
    if (refusal !== undefined) {
      await transactor.rollBack()
      return this.#statements.refused(done, refusal)
    }
    const step = { from: at.state.offset, to: done.next.offset }
    const end = await at.cancellable(() => transactor.commit(step))
    if (end?.error !== undefined) return this.#statements.refused(done, end.error)
    await this.#statements.succeeded(done, end?.warnings ?? [])
    this.rows += this.#copied
  }

  /** Gives the server's refusal, where it has one. */
  async #copyRows(piece: Doing['piece'], reader: ScriptReader): Promise<DatabaseError | undefined> {
    try {
      const sql = Buffer.concat(piece.text.parts)
      const { rows } = await this.#at.cancellable((session) => copyIn(session, sql, this.#data(reader)))
      this.#copied = rows
      return undefined
    } catch (error) {
      if (error instanceof DatabaseError) return error
      throw error
    }
  }

  async *#data(reader: ScriptReader): AsyncGenerator<Buffer, void, void> {
    const { signal, progress } = this.#options
    for await (const rows of reader.data()) {
      if (signal.aborted) throw interrupted(signal.reason)
      progress.reach(reader.place.offset)
      yield rows
    }
  }
}

function connectKey(database: string): string {
  return `\\connect ${database}`
}

function changed(line: number): PgleapError {
  return new PgleapError({
    code: 'script.changed',
    message: `The script has changed while it was run (line ${String(line)}).`,
    hint: 'Leave the file as it is until the run has ended.',
    party: 'usage',
  })
}
