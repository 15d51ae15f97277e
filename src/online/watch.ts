import { setTimeout as sleep } from 'node:timers/promises'
import type { Side } from '../connection/index.ts'
import { DatabaseError, isConnectionLost } from '../connection/index.ts'
import type { CommonOptions } from '../migrate/index.ts'
import type { EmitEvent } from '../report/index.ts'
import { formatBytes } from '../units.ts'
import { alarmsOf, type Alarm, type Seen } from './alarms.ts'
import { serveMetrics, type Measured } from './metrics.ts'
import type { OnlineRecord } from './record.ts'
import { Watcher } from './watcher.ts'
import { Webhook } from './webhook.ts'

export interface OnlineWatchOptions extends CommonOptions {
  target: string
  /** @defaultValue the source of the record; its password comes from PGPASSWORD or the password file */
  source?: string
  /** Time between two looks, in milliseconds. @defaultValue 2000 */
  everyMs?: number
  /** WAL that the slot may keep, in bytes. @defaultValue max_slot_wal_keep_size where it is set, else 10 GB */
  slotBudget?: number
  /** What to do when the slot keeps more: give it up, and with it the migration, or only warn. @defaultValue 'give up' */
  overBudget?: 'give up' | 'warn'
  /** Told, as JSON by POST, about every phase and about what is wrong. */
  webhook?: string
  /** Port for Prometheus. @defaultValue none */
  metrics?: number
  /** @defaultValue '127.0.0.1' */
  metricsHost?: string
  /** How long the counters of the two sides have to differ before it is an alarm, in milliseconds. @defaultValue as late as counters may be */
  settledMs?: number
}

export interface OnlineWatchReport {
  /** `stopped` by the signal; `migration over` once the record is gone, after a finish or an abort. */
  ended: 'stopped' | 'migration over'
}

const EVERY_MS = 2_000

/**
 * Watches an online migration until the signal fires or the migration is over: reports lag and phase as events, raises
 * alarms (notices of the level `warning`), and gives the slot up before it fills the disk of the server that is written to.
 * A side that cannot be reached is an alarm, and looked for again.
 *
 * @throws PgleapError `online.none`, `online.metrics`
 */
export async function watchOnline(options: OnlineWatchOptions): Promise<OnlineWatchReport> {
  const { everyMs = EVERY_MS, metrics: port, metricsHost = '127.0.0.1', signal } = options
  await using watcher = await Watcher.begin(options)
  await using metrics = port === undefined ? undefined : await serveMetrics(metricsHost, port)
  await using teller = new Teller(options)
  try {
    for (;;) {
      const seen = await lookOnce(watcher)
      if (seen === 'over') return { ended: 'migration over' }
      if (seen !== 'lost') {
        const { measured } = seen
        teller.phase(seen.record)
        teller.sample(measured)
        metrics?.show(measured)
        teller.alarms(seen.record, alarmsOf(seen))
        await keepBudget(watcher, seen, teller)
      }
      await sleep(everyMs, undefined, { signal })
    }
  } catch (error) {
    if (signal?.aborted === true) return { ended: 'stopped' }
    throw error
  }
}

/** `lost` where a session broke in the middle: the next look says which side does not answer. */
async function lookOnce(watcher: Watcher): Promise<Look> {
  try {
    return await look(watcher)
  } catch (error) {
    if (isConnectionLost(error)) return 'lost'
    if (!(error instanceof DatabaseError)) throw error
    // Whoever ends the migration at this moment takes away what was just being looked at: a second look says so.
    return look(watcher)
  }
}

type Look = (Seen & { measured: Measured }) | 'over' | 'lost'

async function look(watcher: Watcher): Promise<Look> {
  const seen = await watcher.look()
  return seen === 'over' ? seen : { ...seen, measured: await watcher.measure(seen) }
}

/** Rather no migration than a full disk of the server that is written to. */
async function keepBudget(watcher: Watcher, { record, stream }: Seen, teller: Teller): Promise<void> {
  const { sample, budget } = stream
  if (sample === undefined || budget === undefined || record.lost !== undefined) return
  const kept = sample.retainedBytes ?? 0
  if (kept <= budget.bytes || !watcher.mayGiveUp) return
  await watcher.giveUp(`it kept ${formatBytes(kept)} of WAL, more than its budget of ${formatBytes(budget.bytes)}`)
  teller.alarm(record, {
    key: 'given up',
    code: 'online.slot-given-up',
    message: `The slot kept ${formatBytes(kept)} of WAL on the ${record.active}, more than its budget of ${formatBytes(budget.bytes)} (${budget.from}), and was dropped; the stream is over.`,
    hint: `The ${record.active} is complete and goes on. Begin again: \`pgleap online abort\`, then \`start\`.`,
  })
}

/** Brings what was seen to events and the webhook; an alarm once, until it is over. */
class Teller implements AsyncDisposable {
  readonly #emit: EmitEvent
  readonly #webhook: Webhook | undefined
  #told: ReadonlySet<string> = new Set()
  #phase = ''

  constructor({ onEvent, webhook }: OnlineWatchOptions) {
    this.#emit = onEvent ?? (() => undefined)
    const failed = (why: string) => {
      this.#notice({ key: 'webhook', code: 'online.webhook', message: `The webhook was not reached: ${why}.` })
    }
    this.#webhook = webhook === undefined ? undefined : new Webhook(webhook, failed)
  }

  phase(record: OnlineRecord): void {
    const { phase, active } = record
    const now = `${phase} ${active}`
    if (now === this.#phase) return
    this.#phase = now
    this.#emit({ type: 'online-phase', at: Date.now(), phase, active })
    this.#post(record, 'phase', `${phase}; the application writes to the ${active}`)
  }

  sample(measured: Sample): void {
    const { active, lagBytes, lagMs, slotBytes, budgetBytes, appliedRows } = measured
    this.#emit({ type: 'online-sample', at: Date.now(), active, lagBytes, lagMs, slotBytes, budgetBytes, appliedRows })
  }

  alarms(record: OnlineRecord, alarms: readonly Alarm[]): void {
    for (const alarm of alarms) if (!this.#told.has(alarm.key)) this.alarm(record, alarm)
    this.#told = new Set(alarms.map(({ key }) => key))
  }

  alarm(record: OnlineRecord, alarm: Alarm): void {
    this.#notice(alarm)
    this.#post(record, alarm.code, alarm.message)
  }

  #notice({ key: _key, ...alarm }: Alarm): void {
    this.#emit({ type: 'notice', at: Date.now(), level: 'warning', ...alarm })
  }

  #post({ id, phase, active }: OnlineRecord, what: string, message: string): void {
    this.#webhook?.send({ migration: id, what, phase, active, message, at: new Date().toISOString() })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#webhook?.[Symbol.asyncDispose]()
  }
}

interface Sample {
  active: Side
  lagBytes: number | null
  lagMs: number | null
  slotBytes: number | null
  budgetBytes: number | null
  appliedRows: number | null
}
