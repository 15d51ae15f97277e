import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { endWorker, markWorker } from './run-lock.ts'
import type { RunLock } from './run-lock.ts'
import type { Step, StepResult } from './step.ts'

/** What a worker of the run needs for its steps: a long-lived session on the target, and whatever else the steps use. */
export interface Worker {
  readonly target: Session
  /** Cancels what all of its sessions run on their servers. Never throws. */
  cancel(): Promise<void>
  /** Closes all of its sessions, in whatever state they are. */
  close(): Promise<void>
}

export interface TaskContext {
  /** Aborted when the run is; the engine also cancels the worker's sessions then. */
  signal: AbortSignal
  /** Bytes and rows that a step has moved so far; may be called at any rate. */
  onProgress(step: number, moved: StepResult): void
}

/** How a piece of work is done. The steps of a piece are in the order in which they must run. */
export type Prepared<K extends Worker> =
  /** Statements that need no answer: they travel together with BEGIN, the ledger's rows and COMMIT in one round trip. */
  | { kind: 'sql'; statements: readonly string[] }
  /**
   * Runs inside the engine's transaction on `worker.target`, and must leave that open. One result for each step, in
   * their order. Where it throws, the engine rolls back, and runs it again if the error is retryable.
   */
  | { kind: 'task'; run(worker: K, context: TaskContext): Promise<StepResult[]> }

export type Prepare<W, K extends Worker> = (steps: readonly Step<W>[]) => Prepared<K>

/** One place for a worker: opens it when there is work, and again after its connection was lost. */
export class WorkerSlot<K extends Worker> {
  readonly #open: (signal: AbortSignal) => Promise<K>
  readonly #lock: RunLock
  readonly #onOpen: (target: Session) => Promise<void>
  #worker: K | undefined
  /** The server process of the worker before. */
  #before: number | undefined

  /** `onOpen` may refuse to work on with a session that was just opened, by throwing. */
  constructor(open: (signal: AbortSignal) => Promise<K>, lock: RunLock, onOpen: (target: Session) => Promise<void>) {
    this.#open = open
    this.#lock = lock
    this.#onOpen = onOpen
  }

  /** Throws NoWorkerError, whose cause says why there is none. */
  async worker(signal: AbortSignal): Promise<K> {
    if (this.#worker?.target.broken === true) await this.close()
    if (this.#worker !== undefined) return this.#worker
    try {
      // What took our sessions may have taken the run's lock: no work without it.
      await this.#lock.ensure(signal)
      this.#worker = await this.#open(signal)
      await this.#settle(this.#worker.target, signal)
      return this.#worker
    } catch (error) {
      await this.close()
      throw new NoWorkerError(error)
    }
  }

  /** The session on the target, where there is a usable one now. */
  get target(): Session | undefined {
    return this.#worker?.target.broken === false ? this.#worker.target : undefined
  }

  async cancel(): Promise<void> {
    await this.#worker?.cancel()
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.close()
  }

  async #settle(target: Session, signal: AbortSignal): Promise<void> {
    if (this.#before !== undefined) await endWorker(target, this.#before, signal)
    await markWorker(target)
    this.#before = target.pid
    await this.#onOpen(target)
  }
}

/** Tells a server that cannot be reached from a step that fails. Only ever seen inside the engine. */
export class NoWorkerError extends Error {
  constructor(cause: unknown) {
    super('no worker', { cause })
  }
}

export function interrupted(): PgleapError {
  return new PgleapError({
    code: 'run.interrupted',
    message: 'The run was interrupted. What is done is kept; what was under way is rolled back.',
    hint: 'Go on with `pgleap resume`.',
    party: 'interrupted',
  })
}
