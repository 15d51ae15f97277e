import { readWriteCounters } from '../catalog/index.ts'
import type { Session, Side } from '../connection/index.ts'
import type { Seen } from './alarms.ts'
import { ClosedSideWatch } from './closed-side.ts'
import { describeChange, readDrift } from './drift.ts'
import { giveSlotUp } from './give-up.ts'
import { readHistory } from './history.ts'
import { lagOf, type LagPoint } from './lag.ts'
import { currentStream, lookAtStream, reach, sideReport, type Reached, type StreamLook } from './look.ts'
import type { Measured } from './metrics.ts'
import { readRecord, theRecord, type OnlineRecord } from './record.ts'
import { otherSide, sidesOf, type Sides } from './sides.ts'
import type { OnlineWatchOptions } from './watch.ts'

/** The lag in seconds is measured as far back as this; the alarms look at the last two minutes of it. */
const POINTS_KEPT_MS = 600_000
const ALARM_POINTS_MS = 120_000
/** A worker that fails is started again after wal_retrieve_retry_interval, 5 s: so long without another error it is well. */
const FAILS_MS = 20_000
/** A switch is under way no longer than this; one that broke must not fill a disk either. */
const SWITCHING_MS = 300_000

/** Looks at an online migration again and again, over sessions that it keeps, or opens anew where they were lost. */
export class Watcher implements AsyncDisposable {
  readonly #options: OnlineWatchOptions
  readonly #sides: Sides
  readonly #sessions: Partial<Record<Side, Session>> = {}
  readonly #closedSide: ClosedSideWatch
  #record: OnlineRecord
  #points: { stream: string; points: LagPoint[] } = { stream: '', points: [] }
  #switchingSince: number | undefined
  #lastPauseMs: number | null = null
  /** Errors of the subscription that were counted last, and when they became more. */
  #errors: { oid: number; count: number; grewAt: number | undefined } | undefined
  /** Rows written on the side that follows when it was first seen in that role. */
  #appliedBefore: { side: Side; rows: number } | undefined

  private constructor(options: OnlineWatchOptions, sides: Sides, record: OnlineRecord) {
    this.#options = options
    this.#sides = sides
    this.#record = record
    this.#closedSide = new ClosedSideWatch(options.settledMs)
  }

  /** @throws PgleapError `online.none`; what connecting to the target throws */
  static async begin(options: OnlineWatchOptions): Promise<Watcher> {
    const onlyTarget = sidesOf(options.target, options.target, options.signal)
    await using target = await onlyTarget.open('target', 'online watch')
    const record = await theRecord(target)
    return new Watcher(
      options,
      sidesOf(options.source ?? record.source.connection, options.target, options.signal),
      record,
    )
  }

  /** `over` once the target, which can be reached, has no record any more. */
  async look(): Promise<Seen | 'over'> {
    const reached = { source: await this.#reach('source'), target: await this.#reach('target') }
    const { source, target } = this.#sessions
    if (target !== undefined) {
      const record = await readRecord(target)
      if (record === undefined) return 'over'
      this.#record = record
      this.#lastPauseMs = (await readHistory(target)).lastPauseMs
    }
    const record = this.#record
    this.#switchingSince = record.phase === 'switching' ? (this.#switchingSince ?? Date.now()) : undefined
    const stream = await lookAtStream(reached, record, this.#options.slotBudget)
    return {
      record,
      sides: {
        source: await sideReport('source', this.#sides, reached),
        target: await sideReport('target', this.#sides, reached),
      },
      stream,
      points: this.#remember(stream.sample?.point),
      fails: this.#noteErrors(stream.apply),
      ...(source === undefined || target === undefined
        ? { foreign: [], drift: [] }
        : await this.#compare({ source, target }, reached)),
    }
  }

  /** What writes and DDL have done to the two sides; only while a stream runs between them. */
  async #compare(sessions: Record<Side, Session>, reached: Reached): Promise<Pick<Seen, 'foreign' | 'drift'>> {
    const { active, phase } = this.#record
    const closed = sessions[otherSide(active)]
    if (phase !== 'streaming' || 'why' in reached.source) {
      this.#closedSide.reset()
      return { foreign: [], drift: [] }
    }
    return {
      foreign: await this.#closedSide.look(sessions[active], closed, this.#record),
      drift: (await readDrift(sessions[active], sessions.target)).map(describeChange),
    }
  }

  #noteErrors(apply: StreamLook['apply']): Seen['fails'] {
    if (apply === undefined || apply === 'missing' || apply.counters === undefined) return 'no'
    const { oid, counters } = apply
    const count = counters.errors + counters.syncErrors
    const before = this.#errors?.oid === oid ? this.#errors : { oid, count, grewAt: undefined }
    const grewAt = count > before.count ? Date.now() : before.grewAt
    this.#errors = { oid, count, grewAt }
    return grewAt !== undefined && Date.now() - grewAt <= FAILS_MS ? 'now' : 'no'
  }

  /** The points of the last minutes, of this stream alone. */
  #remember(point: LagPoint | undefined): LagPoint[] {
    const { slot } = currentStream(this.#record)
    if (this.#points.stream !== slot) this.#points = { stream: slot, points: [] }
    const { points } = this.#points
    if (point !== undefined) points.push(point)
    const now = points.at(-1)?.at ?? 0
    this.#points.points = points.filter(({ at }) => now - at <= POINTS_KEPT_MS)
    return this.#points.points.filter(({ at }) => now - at <= ALARM_POINTS_MS)
  }

  async measure({ record, stream }: Seen): Promise<Measured> {
    const { sample, budget, apply } = stream
    const lag = lagOf(this.#points.points)
    const counters = apply === undefined || apply === 'missing' ? undefined : apply.counters
    const conflicts = counters?.conflicts
    return {
      phase: record.phase,
      active: record.active,
      lagBytes: sample?.point === undefined ? null : lag.bytes,
      lagMs: sample?.point === undefined ? null : lag.ms,
      slotBytes: sample?.retainedBytes ?? null,
      budgetBytes: budget?.bytes ?? null,
      appliedRows: await this.#appliedRows(),
      errors: counters === undefined ? null : counters.errors + counters.syncErrors,
      conflicts: conflicts === undefined ? null : Object.values(conflicts).reduce((sum, count) => sum + count, 0),
      lastPauseMs: this.#lastPauseMs,
    }
  }

  async #appliedRows(): Promise<number | null> {
    const side = otherSide(this.#record.active)
    const session = this.#sessions[side]
    if (session === undefined) return null
    const { tables } = await readWriteCounters(session)
    const rows = tables.reduce((sum, { schema, writes }) => sum + (schema === 'pgleap_online' ? 0 : writes), 0)
    if (this.#appliedBefore?.side !== side) this.#appliedBefore = { side, rows }
    return Math.max(0, rows - this.#appliedBefore.rows)
  }

  /** Whether the slot may be dropped now: a switch that is under way is not broken for it, unless it does not end. */
  get mayGiveUp(): boolean {
    const { overBudget = 'give up' } = this.#options
    const since = this.#switchingSince
    return overBudget === 'give up' && (since === undefined || Date.now() - since > SWITCHING_MS)
  }

  async giveUp(why: string): Promise<void> {
    const { active } = this.#record
    const session = this.#sessions[active]
    if (session === undefined) return
    await giveSlotUp(session, {
      passive: this.#sessions[otherSide(active)],
      keeper: this.#sessions.target,
      names: currentStream(this.#record),
      why,
    })
    this.#record = { ...this.#record, lost: why }
  }

  async #reach(side: Side): Promise<Reached[Side]> {
    const kept = this.#sessions[side]
    if (kept !== undefined && (await answers(kept))) return { session: kept }
    await kept?.close()
    delete this.#sessions[side]
    const one = await reach(side, this.#sides, this.#options.signal)
    if ('session' in one) this.#sessions[side] = one.session
    return one
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Object.values(this.#sessions).map((session) => session.close()))
  }
}

async function answers(session: Session): Promise<boolean> {
  if (session.broken) return false
  try {
    await session.query('SELECT 1')
    return true
  } catch {
    return false
  }
}
