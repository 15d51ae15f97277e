import type { ForecastReport, LagReport } from '../report/index.ts'

/** Where the stream was at one moment, by the active side's clock; positions in bytes of WAL since its beginning. */
export interface LagPoint {
  /** Milliseconds since the epoch. */
  at: number
  /** The end of the WAL. */
  wal: number
  /** What the other side has applied and flushed: the slot's confirmed_flush_lsn. */
  flushed: number
}

/** What is applied this soon after it was written is as good as in step: counters and reports come every second or so. */
const IN_STEP_MS = 5_000

/**
 * How far the stream is behind, from points in the order of time. The seconds are the age of the WAL that is to be applied next:
 * when its position was the end of the WAL is known for as long as the points go back. Older WAL is estimated by the pace at
 * which it is written now. What servers report as lag (pg_stat_replication) is not used: it is taken when WAL is sent, and
 * so reads as nothing while a walsender stands still or works on a backlog (walsender.c, LagTrackerWrite).
 */
export function lagOf(points: readonly LagPoint[]): LagReport {
  const [first, now] = [points[0], points.at(-1)]
  if (first === undefined || now === undefined) return { bytes: null, ms: null, how: 'unknown' }
  const { flushed } = now
  const bytes = Math.max(0, now.wal - flushed)
  if (bytes === 0) return { bytes, ms: 0, how: 'measured' }
  const before = points.findLastIndex(({ wal }) => wal <= flushed)
  const [a, b] = [points[before], points[before + 1]]
  if (a !== undefined && b !== undefined) {
    const writtenAt = a.at + ((flushed - a.wal) / (b.wal - a.wal)) * (b.at - a.at)
    return { bytes, ms: Math.round(now.at - writtenAt), how: 'measured' }
  }
  const pace = (now.wal - first.wal) / (now.at - first.at)
  if (!(pace > 0)) return { bytes, ms: null, how: 'unknown' }
  return { bytes, ms: Math.round(now.at - first.at + (first.wal - flushed) / pace), how: 'estimated' }
}

/** For how long nothing has been applied although there was something to apply, as far back as the points go; 0 where all is well. */
export function standsStillMs(points: readonly LagPoint[]): number {
  const now = points.at(-1)
  if (now === undefined || now.wal <= now.flushed) return 0
  const moved = points.findLastIndex(({ wal, flushed }) => flushed !== now.flushed || wal <= flushed)
  return now.at - (points[moved + 1]?.at ?? now.at)
}

/** Whether the stream will catch up at the pace of these points, and when. */
export function forecastOf(points: readonly LagPoint[]): ForecastReport {
  const [first, now] = [points[0], points.at(-1)]
  if (first === undefined || now === undefined || first.at === now.at) return { verdict: 'unknown', etaMs: null }
  const lag = lagOf(points)
  if (lag.how === 'measured' && lag.ms !== null && lag.ms <= IN_STEP_MS) return { verdict: 'in step', etaMs: 0 }
  const ms = now.at - first.at
  const [written, applied] = [now.wal - first.wal, now.flushed - first.flushed]
  if (applied <= 0) return { verdict: 'stands still', etaMs: null }
  if (applied <= written) return { verdict: 'diverges', etaMs: null }
  return { verdict: 'converges', etaMs: Math.round(((now.wal - now.flushed) / (applied - written)) * ms) }
}
