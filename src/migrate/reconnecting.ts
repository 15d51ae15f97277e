import { DEFAULT_RETRY, Retries, SYSTEM_CLOCK } from '../engine/index.ts'
import type { RunLog } from './run-log.ts'
import { stopIfAsked } from './servers.ts'

export interface ReconnectingOptions {
  log: RunLog
  signal: AbortSignal | undefined
}

/**
 * Does the work again, from its beginning, where it failed for a reason that may pass: a lost connection, a server that
 * restarts. For what a run does outside of its steps, which the engine looks after. The work opens its own sessions.
 */
export async function reconnecting<T>({ log, signal }: ReconnectingOptions, work: () => Promise<T>): Promise<T> {
  const retries = new Retries(DEFAULT_RETRY, SYSTEM_CLOCK)
  for (;;) {
    stopIfAsked(signal)
    try {
      return await work()
    } catch (error) {
      const pause = retries.pauseAfter(error)
      if (pause === undefined || signal?.aborted === true) throw error
      const reason = error instanceof Error ? error.message : String(error)
      log.notice({ level: 'info', code: 'run.reconnecting', message: `${reason} It is tried again.` })
      await SYSTEM_CLOCK.sleep(pause, signal ?? new AbortController().signal).catch(() => {})
    }
  }
}
