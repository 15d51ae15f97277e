import { isConnectionLost, isRetryable, type Session } from '../connection/index.ts'
import type { SourceSnapshot } from '../catalog/index.ts'

/** Where one side's sessions come from: all of them read one moment. `SourceSnapshot` is one, for either side. */
export type Moment = Pick<SourceSnapshot, 'openReader' | 'rejoin'>

/** Set when a session is in the snapshot; the locks that are taken behind it go with a rollback to it, the snapshot stays. */
const SAVEPOINT = 'pgleap_unread'

/**
 * Settings of sessions that compare. Their own parallelism is the servers' load, so queries get no parallel workers on top of
 * it, and JIT compiles each of them anew for longer than it saves.
 */
export const COMPARING = 'SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off'

/**
 * Up to `limit` sessions on one side, all inside one snapshot, opened as they are needed. Work waits in line for a free
 * one, first come, first served.
 */
export class Readers implements AsyncDisposable {
  readonly #moment: Moment
  readonly #signal: AbortSignal
  readonly #prepare: string
  readonly #idle: Session[] = []
  readonly #waiting: (() => void)[] = []
  #free: number
  /** The first loss of a connection. */
  lost: unknown

  /** `prepare` is run on every session once it is in the snapshot: settings of our own. */
  constructor(moment: Moment, options: { limit: number; signal: AbortSignal; prepare: string }) {
    this.#moment = moment
    this.#free = options.limit
    this.#signal = options.signal
    this.#prepare = options.prepare
  }

  /**
   * Runs `use` on a session of its own. After a failure, the session is brought back into the snapshot for whoever comes
   * next, or replaced where it is lost; the failure goes to the caller.
   */
  async run<T>(use: (session: Session) => Promise<T>): Promise<T> {
    await this.#turn()
    try {
      this.#signal.throwIfAborted()
      const session = this.#idle.pop() ?? (await this.#open())
      try {
        const result = await use(session)
        // Gives up the table's lock: who waits for it would wait for us to the end, and the next of us behind him, for ever.
        await session.script(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}`)
        this.#idle.push(session)
        return result
      } catch (error) {
        await this.#repair(session, error)
        throw error
      }
    } catch (error) {
      if (isRetryable(error)) this.lost ??= error
      throw error
    } finally {
      this.#free += 1
      this.#waiting.shift()?.()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((session) => session.close()))
  }

  async #turn(): Promise<void> {
    while (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#free -= 1
  }

  async #open(): Promise<Session> {
    const session = await this.#moment.openReader(this.#signal)
    try {
      await session.script(`${this.#prepare}; SAVEPOINT ${SAVEPOINT}`)
      return session
    } catch (error) {
      await session.close()
      throw error
    }
  }

  async #repair(session: Session, error: unknown): Promise<void> {
    if (!session.broken && !isConnectionLost(error) && !this.#signal.aborted) {
      try {
        await this.#moment.rejoin(session, this.#signal)
        await session.script(`${this.#prepare}; SAVEPOINT ${SAVEPOINT}`)
        this.#idle.push(session)
        return
      } catch {
        // The next one in line opens a session and meets what is wrong itself.
      }
    }
    await session.close()
  }
}
