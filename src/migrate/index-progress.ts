import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../connection/index.ts'
import type { EmitEvent } from '../report/index.ts'
import { loadSql } from '../sql.ts'

const INDEX_PROGRESS = loadSql(import.meta.url, 'index-progress.sql')
const EVERY_MS = 1000

/**
 * Reports how far the index builds are, once a second, until it is disposed of. Watching is a courtesy: where the server
 * does not answer, the run goes on without it.
 */
export function watchIndexes(target: Session, emit: EmitEvent): AsyncDisposable {
  const stop = new AbortController()
  const watching = watch(target, emit, stop.signal)
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await watching
    },
  }
}

async function watch(target: Session, emit: EmitEvent, signal: AbortSignal): Promise<void> {
  try {
    while (!signal.aborted && !target.broken) {
      await sleep(EVERY_MS, undefined, { signal })
      const builds = await target.query<{ index: string; table: string; phase: string; fraction: number }>(
        INDEX_PROGRESS,
      )
      for (const build of builds) emit({ type: 'index-progress', at: Date.now(), ...build })
    }
  } catch {
    // Stopped, or the session is lost or may not look: see above.
  }
}
