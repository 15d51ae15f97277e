import { setTimeout as sleep } from 'node:timers/promises'
import { isRetryable } from '../connection/index.ts'

/** How long a piece of work is tried again after failures that may pass. All times are milliseconds. */
export interface RetryPolicy {
  /** Runs of the work in all, the first one included. */
  attempts: number
  /** No new attempt after this time from the first failure. */
  maxMs: number
  /** The first pause; each one doubles, up to `capMs`. */
  baseMs: number
  capMs: number
}

/** Long enough for a server that is restarted, and recovers, in the middle of the run. */
export const DEFAULT_RETRY: RetryPolicy = { attempts: 10, maxMs: 120_000, baseMs: 250, capMs: 20_000 }

/** Time, so that tests need not wait for it. `sleep` rejects when the signal is aborted. */
export interface Clock {
  now(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
}

/** Counts the failures of one piece of work and says how long to wait before the next attempt, if there is one. */
export class Retries {
  readonly #policy: RetryPolicy
  readonly #clock: Clock
  #attempts = 0
  #firstFailure: number | undefined

  constructor(policy: RetryPolicy, clock: Clock) {
    this.#policy = policy
    this.#clock = clock
  }

  get attempts(): number {
    return this.#attempts
  }

  /** Undefined where it is no use to try again. Pauses are spread by a quarter, so that workers do not come in step. */
  pauseAfter(error: unknown): number | undefined {
    const { attempts, maxMs, baseMs, capMs } = this.#policy
    this.#attempts += 1
    this.#firstFailure ??= this.#clock.now()
    if (!isRetryable(error) || this.#attempts >= attempts) return undefined
    const pause = Math.min(capMs, baseMs * 2 ** (this.#attempts - 1)) * (0.75 + Math.random() / 2)
    return this.#clock.now() + pause - this.#firstFailure > maxMs ? undefined : Math.round(pause)
  }
}
