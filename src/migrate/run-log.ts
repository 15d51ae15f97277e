import type { EmitEvent, Event, Phase, RunReport } from '../report/index.ts'

/** Listens to a run's own events, so that the closing report tells what the user was told. */
export class RunLog {
  readonly startedAt = Date.now()
  readonly notices: RunReport['notices'] = []
  readonly phases: RunReport['phases'] = []
  readonly #forward: EmitEvent | undefined

  constructor(forward: EmitEvent | undefined) {
    this.#forward = forward
  }

  readonly emit: EmitEvent = (event: Event) => {
    if (event.type === 'notice') {
      const { type: _type, at: _at, ...notice } = event
      this.notices.push(notice)
    }
    if (event.type === 'phase') this.#startPhase(event.phase, event.at)
    if (event.type === 'finished') this.#endPhase(event.at)
    this.#forward?.(event)
  }

  phase(phase: Phase): void {
    this.emit({ type: 'phase', at: Date.now(), phase })
  }

  notice(notice: RunReport['notices'][number]): void {
    this.emit({ type: 'notice', at: Date.now(), ...notice })
  }

  #startPhase(phase: Phase, at: number): void {
    this.#endPhase(at)
    this.phases.push({ phase, startMs: at - this.startedAt, ms: 0 })
  }

  #endPhase(at: number): void {
    const last = this.phases.at(-1)
    if (last !== undefined) last.ms = at - this.startedAt - last.startMs
  }
}
