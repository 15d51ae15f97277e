import type { Side } from '../connection/index.ts'
import type { OnlineSideReport } from '../report/index.ts'
import { formatBytes, formatDuration } from '../units.ts'
import type { ForeignWrite } from './closed-side.ts'
import type { LagPoint } from './lag.ts'
import { lagOf, standsStillMs } from './lag.ts'
import type { StreamLook } from './look.ts'
import type { OnlineRecord } from './record.ts'
import { otherSide } from './sides.ts'

/** Something that a person should know at once. Told when it begins, and again only after it was over. */
export interface Alarm {
  /** Tells one alarm from the next of the same code. */
  key: string
  code: string
  message: string
  hint?: string
  object?: string
}

/** All that one look has shown. */
export interface Seen {
  record: OnlineRecord
  sides: Record<Side, OnlineSideReport>
  stream: StreamLook
  /** Of the last two minutes. */
  points: readonly LagPoint[]
  /** Whether the apply worker has failed a moment ago; errors that were counted before the watch began are over. */
  fails: 'now' | 'no'
  foreign: readonly ForeignWrite[]
  drift: readonly string[]
}

/** A stream that is this far behind, and does not move, is not merely busy with a transaction. */
const STALLED_MS = 60_000

/** Everything that is wrong in what was seen; pure. */
export function alarmsOf(seen: Seen): Alarm[] {
  return [...ofSides(seen), ...(seen.record.phase === 'streaming' ? [...ofStream(seen), ...ofWrites(seen)] : [])]
}

function ofSides({ sides, record }: Seen): Alarm[] {
  const alarms = (['source', 'target'] as const).flatMap((side): Alarm[] => {
    const { unreachable } = sides[side]
    if (unreachable === undefined) return []
    return [
      { key: `unreachable ${side}`, code: 'online.unreachable', message: `The ${side} is not seen: ${unreachable}` },
    ]
  })
  const passive = otherSide(record.active)
  if (record.phase === 'streaming' && sides[passive].writes === 'open') {
    alarms.push({
      key: 'open',
      code: 'online.not-closed',
      message: `The ${passive} takes writes, although the application writes to the ${record.active}.`,
      hint: 'ALTER DATABASE ... SET default_transaction_read_only = on, and look who has written there.',
    })
  }
  return alarms
}

function ofStream({ record, stream, points, fails }: Seen): Alarm[] {
  if (record.lost !== undefined) return []
  const { sample, apply, budget, lastError } = stream
  const alarms: Alarm[] = []
  const why = lastError === undefined ? '' : `: ${lastError}`
  if (sample?.slot === 'missing' || sample?.slot === 'lost') {
    alarms.push({
      key: 'slot lost',
      code: 'online.slot-lost',
      message: 'The replication slot is gone, or the server has given up its WAL: the stream is broken for good.',
      hint: 'The side that is written to is complete. Begin again: `pgleap online abort`, then `start`.',
    })
  }
  const retained = sample?.retainedBytes ?? 0
  if (budget !== undefined && retained > budget.bytes / 2) {
    const over = retained > budget.bytes
    alarms.push({
      key: over ? 'budget over' : 'budget half',
      code: over ? 'online.budget-over' : 'online.budget-half',
      message: `The slot keeps ${formatBytes(retained)} of WAL on the ${record.active}, of ${formatBytes(budget.bytes)} that it may (${budget.from}).`,
      hint: 'See what keeps the other side from applying; allow more with --slot-budget.',
    })
  }
  if (apply === 'missing' || (apply !== undefined && apply.state === 'disabled')) {
    alarms.push({
      key: 'apply disabled',
      code: 'online.apply-disabled',
      message: apply === 'missing' ? 'The subscription is gone.' : 'The subscription is disabled: nothing is applied.',
    })
  }
  if (apply === undefined || apply === 'missing') return alarms
  const errors = (apply.counters?.errors ?? 0) + (apply.counters?.syncErrors ?? 0)
  if (fails === 'now' || (apply.state === 'not running' && (apply.counters === undefined || errors > 0))) {
    alarms.push({
      // It is tried again all the time: that is still the same.
      key: `fails${why}`,
      code: 'online.apply-error',
      message:
        errors > 0
          ? `A change cannot be applied on the ${otherSide(record.active)} (error ${String(errors)})${why}.`
          : `The worker that applies changes on the ${otherSide(record.active)} does not run${why}.`,
      hint:
        lastError === undefined
          ? "The row and the reason are in that server's log; SQL does not tell them."
          : 'Mend the row on the side that follows; the stream tries again by itself.',
    })
  }
  const conflicts = Object.entries(apply.counters?.conflicts ?? {})
  if (conflicts.length > 0) {
    const list = conflicts.map(([kind, count]) => `${String(count)} ${kind}`).join(', ')
    alarms.push({
      key: `conflicts ${list}`,
      code: 'online.conflict',
      message: `Changes met rows that are not as they should be on the ${otherSide(record.active)}: ${list}${why}.`,
      hint: 'Rows were missing or there already; the comparison before the cutover finds which.',
    })
  }
  const stillMs = standsStillMs(points)
  if (stillMs >= STALLED_MS) {
    alarms.push({
      key: 'stalled',
      code: 'online.stalled',
      message: `Nothing has been applied for ${formatDuration(stillMs)}, and ${formatBytes(lagOf(points).bytes ?? 0)} wait.`,
      hint: 'A large transaction, a lock on the side that follows, or a connection that hangs.',
    })
  }
  return alarms
}

function ofWrites({ record, foreign, drift }: Seen): Alarm[] {
  const closed = otherSide(record.active)
  const writes = foreign.map(({ object, what }): Alarm => ({
    key: `written ${object}`,
    code: 'online.written-on-closed',
    object,
    message: `The ${closed} is closed, and was written to all the same: ${what}. Nothing brings that to the ${record.active}.`,
    hint: 'Find who does it: forgotten jobs, superusers, sessions that set default_transaction_read_only themselves.',
  }))
  if (drift.length === 0) return writes
  return [
    ...writes,
    {
      key: `drift ${drift.join('; ')}`,
      code: 'online.drift',
      message: `Definitions have changed: ${drift.slice(0, 3).join('; ')}${drift.length > 3 ? ' ...' : ''}`,
      hint: '`pgleap online sync-schema` shows what differs, and applies what can be.',
    },
  ]
}
