import type { Session } from '../connection/index.ts'
import type { EmitEvent } from '../report/index.ts'
import { describeFailure, isFatalForAll, isOutOfConnections } from './failure.ts'
import { notDone, readDone } from './ledger.ts'
import type { FailedStep } from './ledger.ts'
import { recordFailures } from './ledger-writes.ts'
import { PieceRunner, stepRef } from './piece-runner.ts'
import { DEFAULT_RETRY, SYSTEM_CLOCK } from './retry.ts'
import type { Clock, RetryPolicy } from './retry.ts'
import type { RunLock } from './run-lock.ts'
import { Schedule } from './schedule.ts'
import type { BatchLimit, Piece } from './schedule.ts'
import type { Step, StepResult } from './step.ts'
import { NoWorkerError, WorkerSlot, interrupted } from './worker.ts'
import type { Prepare, Worker } from './worker.ts'

export interface RunStepsOptions<W, K extends Worker> {
  /** The ledger's run; the ledger is on the database that the workers' target sessions are connected to. */
  runId: string
  steps: readonly Step<W>[]
  /** Ids of the steps that the ledger holds as done. */
  done: Iterable<number>
  /** How many workers; each is opened when there is work for it. */
  jobs: number
  openWorker: (signal: AbortSignal) => Promise<K>
  prepare: Prepare<W, K>
  /** Held by the caller; made sure of before a worker is opened, and so again after a restart of the target. */
  lock: RunLock
  emit?: EmitEvent | undefined
  signal?: AbortSignal | undefined
  /** Errors, beside a lost snapshot and a full disk on the target, after which the whole run is to end. */
  isFatal?: ((error: unknown) => boolean) | undefined
  retry?: Partial<RetryPolicy> | undefined
  batch?: BatchLimit | undefined
  /** Ends with this stage; steps of later ones are left for another call. @defaultValue the last stage of the plan */
  lastStage?: number | undefined
  /** The least time between two progress events of one step, in milliseconds. */
  progressMs?: number | undefined
  clock?: Clock | undefined
}

export interface RunOutcome<W = unknown> {
  /** How many steps this call has done. */
  done: number
  failed: { step: Step<W>; error: unknown }[]
  /** Steps that were not tried, because a step that they depend on failed. */
  blocked: Step<W>[]
  ms: number
}

/** When sessions that were told to cancel have not ended by then, they are closed. */
const CANCEL_MS = 15_000
const CANCEL_EVERY_MS = 500

/**
 * Runs all steps of a plan that are not done, each in one transaction with its row in the ledger. A failed step is
 * recorded and keeps only what depends on it from running. Rejects with `run.interrupted` after an abort (queries are
 * cancelled on the servers first), and with the error itself where nothing can go on: what was running then is
 * finished first. All workers are closed in any case. `synchronous_commit` is the workers' choice: see `flushLedger`.
 */
export async function runSteps<W, K extends Worker>(options: RunStepsOptions<W, K>): Promise<RunOutcome<W>> {
  const clock = options.clock ?? SYSTEM_CLOCK
  const started = clock.now()
  let done = [...options.done]
  const before = new Set(done)
  for (;;) {
    const round = new Round(options, done)
    try {
      await round.run()
      return {
        done: round.done.filter((step) => !before.has(step)).length,
        failed: round.failed,
        blocked: round.blocked,
        ms: clock.now() - started,
      }
    } catch (error) {
      if (!(error instanceof LostCommitsError)) throw error
      done = [...(await doneNow(options))]
    }
  }
}

async function doneNow<W, K extends Worker>({ openWorker, signal }: RunStepsOptions<W, K>): Promise<Set<number>> {
  const worker = await openWorker(signal ?? new AbortController().signal)
  try {
    return new Set((await readDone(worker.target)).keys())
  } finally {
    await worker.close()
  }
}

/** Runs the plan until it is finished, or until it turns out that a crash took commits back that it builds upon. */
class Round<W, K extends Worker> {
  readonly failed: { step: Step<W>; error: unknown }[] = []
  readonly #options: RunStepsOptions<W, K>
  readonly #schedule: Schedule<W>
  readonly #runner: PieceRunner<W, K>
  readonly #clock: Clock
  readonly #emit: EmitEvent
  readonly #signal: AbortSignal
  readonly #done: number[]
  /** Failures that could not be written to the ledger yet. */
  #unrecorded: FailedStep[] = []
  #fatal: { error: unknown } | undefined
  /** Workers that have not found their server full. */
  #working: number
  /** Workers that have found nothing to do, until something is finished. */
  readonly #idle: (() => void)[] = []

  constructor(options: RunStepsOptions<W, K>, done: readonly number[]) {
    this.#options = options
    this.#done = [...done]
    this.#working = options.jobs
    this.#clock = options.clock ?? SYSTEM_CLOCK
    this.#emit = options.emit ?? (() => {})
    this.#signal = options.signal ?? new AbortController().signal
    const { jobs: workers, batch, lastStage } = options
    this.#schedule = new Schedule(options.steps, { done, workers, batch, lastStage })
    this.#runner = new PieceRunner({
      runId: options.runId,
      prepare: options.prepare,
      emit: this.#emit,
      signal: this.#signal,
      retry: { ...DEFAULT_RETRY, ...options.retry },
      clock: this.#clock,
      progressMs: options.progressMs ?? 200,
      mayRetry: (error) => this.#fatal === undefined && !this.#isFatal(error),
    })
  }

  /** The steps that the ledger should hold as done. */
  get done(): readonly number[] {
    return this.#done
  }

  get blocked(): Step<W>[] {
    return this.#schedule.blocked
  }

  async run(): Promise<void> {
    const { openWorker, lock, jobs } = this.#options
    const check = (target: Session): Promise<void> => this.#checkCommits(target)
    const slots = Array.from({ length: jobs }, () => new WorkerSlot(openWorker, lock, check))
    const working = Promise.all(slots.map((slot) => this.#work(slot)))
    const stopCancelling = this.#cancelOnAbort(slots)
    try {
      await working
    } finally {
      stopCancelling()
    }
    if (this.#signal.aborted) throw interrupted()
    if (this.#fatal !== undefined) throw this.#fatal.error
  }

  /**
   * The workers commit with synchronous_commit off, so a crash of the target may take back what was committed in its
   * last moments. A new session may be the first one after a crash: what is to be built upon must still be there.
   */
  async #checkCommits(target: Session): Promise<void> {
    const lost = await notDone(target, [...this.#done])
    if (lost.length === 0) return
    const error = new LostCommitsError()
    if (this.#fatal === undefined) {
      this.#fatal = { error }
      this.#emit({
        type: 'notice',
        at: this.#clock.now(),
        level: 'warning',
        code: 'target.lost-commits',
        message: `The target crashed and lost the last ${String(lost.length)} steps; they are done again.`,
      })
    }
    throw error
  }

  /** One worker's life. Never rejects: what must end the run is kept in `#fatal`. */
  async #work(slot: WorkerSlot<K>): Promise<void> {
    try {
      let isWanted = true
      while (isWanted && this.#fatal === undefined && !this.#signal.aborted && !this.#schedule.finished) {
        const piece = this.#schedule.next()
        if (piece === undefined) await new Promise<void>((resolve) => this.#idle.push(resolve))
        else isWanted = (await this.#do(piece, slot)) === 'go on'
      }
    } catch (error) {
      this.#fatal ??= { error }
    }
    this.#wakeAll()
    if (slot.target !== undefined) await this.#recordFailures(slot.target)
    await slot.close()
  }

  async #do(piece: Piece<W>, slot: WorkerSlot<K>): Promise<'go on' | 'leave'> {
    const started = this.#clock.now()
    for (const step of piece.steps) this.#emit({ type: 'step-started', at: started, step: stepRef(step) })
    try {
      const results = await this.#runner.run(piece.steps, slot)
      this.#schedule.succeeded(piece)
      this.#succeeded(piece.steps, results, started)
    } catch (error) {
      if (this.#canDoWithout(error)) {
        this.#schedule.returned(piece)
        return 'leave'
      }
      await this.#failedPiece(piece, slot, error)
    }
    this.#wakeAll()
    return 'go on'
  }

  /** A server that lets no more sessions in ends a worker and not the run, as long as another one works on. */
  #canDoWithout(error: unknown): boolean {
    if (!isOutOfConnections(error) || this.#working < 2 || this.#fatal !== undefined || this.#signal.aborted)
      return false
    this.#working -= 1
    this.#emit({
      type: 'notice',
      at: this.#clock.now(),
      level: 'warning',
      code: 'run.fewer-workers',
      message: `${messageOf(unwrapped(error))} The run goes on with ${String(this.#working)} of ${String(this.#options.jobs)} workers.`,
    })
    return true
  }

  #succeeded(steps: readonly Step<W>[], results: readonly StepResult[], started: number): void {
    const at = this.#clock.now()
    const ms = (at - started) / steps.length
    for (const [index, step] of steps.entries()) {
      const { bytes, rows } = results[index] ?? { bytes: 0, rows: 0 }
      this.#done.push(step.id)
      this.#emit({ type: 'step-done', at, step: stepRef(step), ms, bytes, rows })
    }
  }

  async #failedPiece(piece: Piece<W>, slot: WorkerSlot<K>, error: unknown): Promise<void> {
    if (this.#signal.aborted) return
    if (error instanceof NoWorkerError || this.#isFatal(error)) {
      this.#fatal ??= { error: unwrapped(error) }
      return
    }
    if (this.#schedule.failed(piece) === 'retry-alone') return
    for (const step of piece.steps) {
      const failure = describeFailure(step.id, error)
      const { code, message, sqlstate } = failure
      this.failed.push({ step, error })
      this.#unrecorded.push(failure)
      const server = sqlstate === undefined ? {} : { sqlstate }
      this.#emit({ type: 'step-failed', at: this.#clock.now(), step: stepRef(step), code, message, ...server })
    }
    if (slot.target !== undefined) await this.#recordFailures(slot.target)
  }

  /** In a transaction of its own. Where the ledger is out of reach, they are kept for the next chance. */
  async #recordFailures(session: Session): Promise<void> {
    const failures = this.#unrecorded
    if (failures.length === 0) return
    this.#unrecorded = []
    try {
      await recordFailures(session, failures)
    } catch {
      this.#unrecorded.push(...failures)
    }
  }

  #isFatal(error: unknown): boolean {
    const real = unwrapped(error)
    return isFatalForAll(real) || this.#options.isFatal?.(real) === true
  }

  #wakeAll(): void {
    for (const wake of this.#idle.splice(0)) wake()
  }

  /** A cancel may come just before the query that it is meant for, so it is repeated until the workers have ended. */
  #cancelOnAbort(slots: readonly WorkerSlot<K>[]): () => void {
    let timer: NodeJS.Timeout | undefined
    const cancel = (deadline: number): void => {
      const isLate = this.#clock.now() > deadline
      for (const slot of slots) void (isLate ? slot.close() : slot.cancel()).catch(() => {})
      timer = setTimeout(cancel, CANCEL_EVERY_MS, deadline)
    }
    const onAbort = (): void => {
      this.#wakeAll()
      cancel(this.#clock.now() + CANCEL_MS)
    }
    this.#signal.addEventListener('abort', onAbort, { once: true })
    return () => {
      clearTimeout(timer)
      this.#signal.removeEventListener('abort', onAbort)
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function unwrapped(error: unknown): unknown {
  return error instanceof NoWorkerError ? error.cause : error
}

/** Ends a round, never a run. */
class LostCommitsError extends Error {}
