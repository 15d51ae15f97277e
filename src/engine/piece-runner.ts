import { isConnectionLost } from '../connection/index.ts'
import type { EmitEvent, StepRef } from '../report/index.ts'
import { readDone } from './ledger.ts'
import { doneSql } from './ledger-writes.ts'
import { Retries } from './retry.ts'
import type { Clock, RetryPolicy } from './retry.ts'
import type { Step, StepResult } from './step.ts'
import { rollBack } from './transaction.ts'
import { interrupted } from './worker.ts'
import type { Prepare, Worker, WorkerSlot } from './worker.ts'

export interface PieceRunnerOptions<W, K extends Worker> {
  runId: string
  prepare: Prepare<W, K>
  emit: EmitEvent
  signal: AbortSignal
  retry: RetryPolicy
  clock: Clock
  progressMs: number
  /** False once the run is to end: then nothing is tried again. */
  mayRetry(error: unknown): boolean
}

/** Runs pieces of work, each in one transaction with its rows in the ledger, again and again where that may help. */
export class PieceRunner<W, K extends Worker> {
  readonly #options: PieceRunnerOptions<W, K>

  constructor(options: PieceRunnerOptions<W, K>) {
    this.#options = options
  }

  /** Promises: when it resolves, all of the steps are done and in the ledger; when it rejects, none of them is. */
  async run(steps: readonly Step<W>[], slot: WorkerSlot<K>): Promise<StepResult[]> {
    const { signal, retry, clock, emit } = this.#options
    const retries = new Retries(retry, clock)
    const progress = this.#progress(steps)
    // Set while a COMMIT is on its way: if the connection is lost then, only the ledger knows what became of it.
    const commit = { isOpen: false }
    for (;;) {
      try {
        return await this.#attempt(steps, slot, commit, progress)
      } catch (error) {
        if (signal.aborted) throw interrupted()
        if (isConnectionLost(error)) await slot.close()
        else commit.isOpen = false
        const pause = this.#options.mayRetry(error) ? retries.pauseAfter(error) : undefined
        const [first] = steps
        if (pause === undefined || first === undefined) return this.#lastLook(steps, slot, commit, error)
        const reason = messageOf(error)
        const step = stepRef(first)
        emit({ type: 'step-retry', at: clock.now(), step, attempt: retries.attempts, waitMs: pause, reason })
        await this.#pause(pause)
      }
    }
  }

  async #attempt(
    steps: readonly Step<W>[],
    slot: WorkerSlot<K>,
    commit: { isOpen: boolean },
    onProgress: (step: number, moved: StepResult) => void,
  ): Promise<StepResult[]> {
    const { signal, prepare } = this.#options
    const worker = await slot.worker(signal)
    const known = commit.isOpen ? await this.#committed(steps, worker) : undefined
    if (known !== undefined) return known
    commit.isOpen = false
    signal.throwIfAborted()
    const prepared = prepare(steps)
    try {
      if (prepared.kind === 'sql') {
        const results = steps.map(() => ({ bytes: 0, rows: 0 }))
        commit.isOpen = true
        await worker.target.script(script(['BEGIN', ...prepared.statements, this.#doneSql(steps, results), 'COMMIT']))
        return results
      }
      await worker.target.script('BEGIN')
      const results = await prepared.run(worker, { signal, onProgress })
      signal.throwIfAborted()
      commit.isOpen = true
      await worker.target.script(script([this.#doneSql(steps, results), 'COMMIT']))
      return results
    } catch (error) {
      await rollBack(worker.target)
      throw error
    }
  }

  /** The steps' results where their transaction is in the ledger. */
  async #committed(steps: readonly Step<W>[], worker: K): Promise<StepResult[] | undefined> {
    const done = await readDone(
      worker.target,
      steps.map(({ id }) => id),
    )
    // They were committed together, so one of them stands for all.
    return done.size === 0 ? undefined : steps.map(({ id }) => done.get(id) ?? { bytes: 0, rows: 0 })
  }

  /** Before giving up a piece whose COMMIT got no answer: what the ledger says goes, where it can be read. */
  async #lastLook(
    steps: readonly Step<W>[],
    slot: WorkerSlot<K>,
    commit: { isOpen: boolean },
    failure: unknown,
  ): Promise<StepResult[]> {
    if (!commit.isOpen) throw failure
    let known: StepResult[] | undefined
    try {
      known = await this.#committed(steps, await slot.worker(this.#options.signal))
    } catch {
      throw failure
    }
    if (known === undefined) throw failure
    return known
  }

  #doneSql(steps: readonly Step<W>[], results: readonly StepResult[]): string {
    return doneSql(
      this.#options.runId,
      steps.map(({ id }, at) => ({ step: id, bytes: results[at]?.bytes ?? 0, rows: results[at]?.rows ?? 0 })),
    )
  }

  async #pause(ms: number): Promise<void> {
    try {
      await this.#options.clock.sleep(ms, this.#options.signal)
    } catch {
      throw interrupted()
    }
  }

  /** Passes a step's progress on, not more often than every `progressMs`. */
  #progress(steps: readonly Step<W>[]): (step: number, moved: StepResult) => void {
    const { emit, clock, progressMs } = this.#options
    const next = new Map<number, number>()
    return (id, { bytes, rows }) => {
      const at = clock.now()
      const step = steps.find((one) => one.id === id)
      if (step === undefined || at < (next.get(id) ?? 0)) return
      next.set(id, at + progressMs)
      emit({ type: 'step-progress', at, step: stepRef(step), bytes, rows })
    }
  }
}

/** A statement may end with a comment, so the semicolon gets a line of its own. */
function script(statements: readonly string[]): string {
  return statements.join('\n;\n')
}

export function stepRef(step: Step): StepRef {
  const { id, kind, label, table, bytes, cost } = step
  return table === undefined ? { id, kind, label, bytes, cost } : { id, kind, label, table, bytes, cost }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
