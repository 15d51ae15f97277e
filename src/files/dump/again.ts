import type { SourceSnapshot } from '../../catalog/index.ts'
import type { Session } from '../../connection/index.ts'
import { DEFAULT_RETRY, Retries, SYSTEM_CLOCK } from '../../engine/index.ts'
import { reconnecting, type RunLog } from '../../migrate/index.ts'
import type { Moment } from '../../verify/index.ts'
import { isReplayConflict } from './errors.ts'
import { FirstFailure } from './first-failure.ts'
import type { Broken } from './progress.ts'

/** Of one piece of work. A large table may be read for hours before it breaks once more. */
const POLICY = { ...DEFAULT_RETRY, maxMs: Number.POSITIVE_INFINITY }

export interface AgainOptions {
  signal: AbortSignal
  /** Takes back what the attempt has left, before the pause. */
  onBroken: (broken: Broken) => Promise<void> | void
}

/**
 * Does work from its beginning again where it broke for a reason that may pass, a lost connection above all: the snapshot outlives
 * its readers, so the same rows are read. Each attempt is stopped by its own first failure, which is what is thrown in the end.
 */
export async function again<T>(
  { signal, onBroken }: AgainOptions,
  work: (attempt: FirstFailure) => Promise<T>,
): Promise<T> {
  const retries = new Retries(POLICY, SYSTEM_CLOCK)
  for (;;) {
    const attempt = new FirstFailure(signal)
    try {
      return await work(attempt)
    } catch (error) {
      const first = attempt.of(error)
      const waitMs = signal.aborted || isReplayConflict(first) ? undefined : retries.pauseAfter(first)
      if (waitMs === undefined) throw first
      await onBroken({ attempt: retries.attempts, waitMs, reason: first instanceof Error ? first.message : '' })
      await SYSTEM_CLOCK.sleep(waitMs, signal)
    }
  }
}

export interface MomentOptions {
  log: RunLog
  failures: FirstFailure
}

/**
 * The snapshot for readers that wait, each in its place, until the source can be reached again. Where it cannot, or its moment is over,
 * the whole dump has failed: nobody tries on.
 */
export function patientMoment(snapshot: SourceSnapshot, { log, failures }: MomentOptions): Moment {
  return {
    openReader: (signal) =>
      failures.watch(reconnecting({ log, signal: failures.signal }, () => snapshot.openReader(signal))),
    rejoin: (reader, signal) => snapshot.rejoin(reader, signal),
  }
}

/** Does short work inside the snapshot, by a session of its own; from its beginning again where a connection is lost. */
export async function inSnapshot<T>(
  snapshot: SourceSnapshot,
  { log, signal }: { log: RunLog; signal: AbortSignal },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return reconnecting({ log, signal }, async () => {
    // Finds out whether the moment can still be read, and brings its keeper back.
    await using session = await snapshot.openReader(signal)
    return await work(session)
  })
}
