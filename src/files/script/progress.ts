import type { EmitEvent, StepRef } from '../../report/index.ts'
import type { SectionSize, Survey } from './survey.ts'

/** Bytes a millisecond that a script is guessed to run at; only ratios matter to who shows the time left. */
const GUESS_BYTES_PER_MS = 20_000
const EVERY_MS = 200

interface RunningStep {
  ref: StepRef
  startedAt: number
  start: number
  reportedAt: number
}

/** Reports a script's run by its bytes: each table's data, and each run of statements between them, is a step. */
export class Progress {
  readonly #emit: EmitEvent
  readonly #sections: readonly SectionSize[]
  #at = 0
  #step: RunningStep | undefined

  constructor(survey: Survey, emit: EmitEvent) {
    this.#emit = emit
    this.#sections = survey.sections
    const { bytes, sections, tables } = survey
    const cost = bytes / GUESS_BYTES_PER_MS
    emit({ type: 'plan', at: Date.now(), steps: sections.length, tables, bytes, estimateMs: Math.round(cost), cost })
  }

  /** The run goes on from there. */
  resume(offset: number): void {
    while ((this.#sections[this.#at]?.end ?? Infinity) <= offset) this.#at += 1
    const [done, left] = [this.#at, this.#sections.length - this.#at]
    this.#emit({ type: 'resumed', at: Date.now(), done, left, snapshot: 'same' })
  }

  /** Everything before that byte is done, or is being done; `rows` of them came with it. */
  reach(offset: number, rows = 0): void {
    for (;;) {
      const section = this.#sections[this.#at]
      if (section === undefined) return
      const step = (this.#step ??= this.#start(section))
      const now = Date.now()
      const bytes = Math.max(0, Math.min(offset, section.end) - step.start)
      if (offset < section.end) {
        if (now - step.reportedAt < EVERY_MS) return
        step.reportedAt = now
        this.#emit({ type: 'step-progress', at: now, step: step.ref, bytes, rows })
        return
      }
      this.#emit({ type: 'step-done', at: now, step: step.ref, ms: now - step.startedAt, bytes, rows })
      this.#step = undefined
      this.#at += 1
      if (offset === section.end) return
    }
  }

  #start({ end, table }: SectionSize): RunningStep {
    const start = this.#sections[this.#at - 1]?.end ?? 0
    const bytes = end - start
    const ref: StepRef = {
      id: this.#at,
      kind: table === undefined ? 'statements' : 'copy',
      label: table === undefined ? 'statements' : `copy ${table}`,
      ...(table === undefined ? {} : { table }),
      bytes,
      cost: bytes / GUESS_BYTES_PER_MS,
    }
    const now = Date.now()
    this.#emit({ type: 'step-started', at: now, step: ref })
    return { ref, startedAt: now, start, reportedAt: now }
  }
}
