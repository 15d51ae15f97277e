import type { RunLog } from '../../migrate/index.ts'
import type { StepRef } from '../../report/index.ts'

/** A step's progress is told this often. */
const EVERY_MS = 250

/** What a step has moved so far. */
export interface Moved {
  bytes: number
  rows: number
}

/** Why work is done once more, and after which pause. */
export interface Broken {
  /** Attempts that broke. */
  attempt: number
  waitMs: number
  reason: string
}

/** Tells of a dump's steps as events: one for each part of a table that is read, each batch of large objects. */
export class Progress {
  readonly #log: RunLog
  #last = 0

  constructor(log: RunLog) {
    this.#log = log
  }

  step({ kind, label, table, bytes }: Omit<StepRef, 'id'>): DumpStep {
    this.#last += 1
    const ref = { id: this.#last, kind, label, bytes, ...(table === undefined ? {} : { table }) }
    return new DumpStep(this.#log, ref)
  }
}

/** One step, begun and done once for whoever listens, however often it is run. */
export class DumpStep {
  readonly #log: RunLog
  readonly #step: StepRef
  #started = 0
  #state: 'waiting' | 'running' | 'done' = 'waiting'

  constructor(log: RunLog, step: StepRef) {
    this.#log = log
    this.#step = step
  }

  /** `moved` is called with what the step has come to so far. */
  async run<T extends Moved>(work: (moved: (so: Moved) => void) => Promise<T>): Promise<T> {
    const step = this.#step
    if (this.#state === 'waiting') {
      this.#started = Date.now()
      this.#state = 'running'
      this.#log.emit({ type: 'step-started', at: this.#started, step })
    }
    let next = Date.now() + EVERY_MS
    const result = await work((so) => {
      const at = Date.now()
      if (at < next || this.#state === 'done') return
      next = at + EVERY_MS
      this.#log.emit({ type: 'step-progress', at, step, bytes: so.bytes, rows: so.rows })
    })
    // A part is read anew, too, where another part of its table broke later.
    if (this.#state === 'done') return result
    this.#state = 'done'
    const at = Date.now()
    this.#log.emit({
      type: 'step-done',
      at,
      step,
      ms: at - this.#started,
      bytes: result.bytes,
      rows: result.rows,
    })
    return result
  }

  /** It will be run once more. */
  again({ attempt, waitMs, reason }: Broken): void {
    if (this.#state !== 'running') return
    this.#log.emit({ type: 'step-retry', at: Date.now(), step: this.#step, attempt, waitMs, reason })
  }
}
