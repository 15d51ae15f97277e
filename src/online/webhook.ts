import { setTimeout as sleep } from 'node:timers/promises'

const TRIES = 3
const TRY_MS = 5_000
const BETWEEN_TRIES_MS = 1_000

/** What a webhook is told: the phase that has begun, or what is wrong. Holds no secret and no connection string. */
export interface WebhookMessage {
  migration: string
  /** `phase`, or the code of what is wrong (docs/errors.md). */
  what: string
  phase: string
  /** The side that the application writes to. */
  active: string
  message: string
  /** ISO 8601, UTC. */
  at: string
}

/** Posts messages one after the other, in order; whoever sends does not wait. Disposing waits for what is under way. */
export class Webhook implements AsyncDisposable {
  readonly #url: string
  readonly #failed: (why: string) => void
  #tail: Promise<void> = Promise.resolve()

  /** @param failed - told when a message could not be delivered; the URL may hold a token and is not named */
  constructor(url: string, failed: (why: string) => void) {
    this.#url = url
    this.#failed = failed
  }

  send(message: WebhookMessage): void {
    this.#tail = this.#tail.then(() => this.#post(message))
  }

  async #post(message: WebhookMessage): Promise<void> {
    let why = ''
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      if (attempt > 1) await sleep(BETWEEN_TRIES_MS)
      try {
        const answer = await fetch(this.#url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(message),
          signal: AbortSignal.timeout(TRY_MS),
        })
        await answer.body?.cancel()
        if (answer.ok) return
        why = `it answers ${String(answer.status)}`
      } catch (error) {
        why = reasonOf(error)
      }
    }
    this.#failed(why)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tail
  }
}

/** fetch says `fetch failed`, and why in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code
  return cause instanceof Error ? cause.name : 'it cannot be reached'
}
