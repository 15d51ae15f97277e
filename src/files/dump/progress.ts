import type { RunLog } from '../../migrate/index.ts'
import type { StepRef } from '../../report/index.ts'

/** A step's progress is told this often. */
const EVERY_MS = 250

/** What a step has moved so far. */
export interface Moved {
  bytes: number
  rows: number
}

/** Tells of a dump's steps as events: one for each part of a table that is read, each batch of large objects, each hash. */
export class Progress {
  readonly #log: RunLog
  #last = 0

  constructor(log: RunLog) {
    this.#log = log
  }

  /** Runs a step; `moved` is called with what it has come to so far. */
  async step<T extends Moved>(
    { kind, label, table, bytes }: Omit<StepRef, 'id'>,
    work: (moved: (so: Moved) => void) => Promise<T>,
  ): Promise<T> {
    this.#last += 1
    const step: StepRef = { id: this.#last, kind, label, bytes, ...(table === undefined ? {} : { table }) }
    const started = Date.now()
    this.#log.emit({ type: 'step-started', at: started, step })
    let next = started + EVERY_MS
    const result = await work((so) => {
      const at = Date.now()
      if (at < next) return
      next = at + EVERY_MS
      this.#log.emit({ type: 'step-progress', at, step, bytes: so.bytes, rows: so.rows })
    })
    const at = Date.now()
    this.#log.emit({ type: 'step-done', at, step, ms: at - started, bytes: result.bytes, rows: result.rows })
    return result
  }
}
