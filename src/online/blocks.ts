import type { BlockReport, OnlineMigrationReport } from '../report/index.ts'
import { formatBytes } from '../units.ts'
import { otherSide } from './sides.ts'
import { blockOfWriter, type Writer } from './writers.ts'

export type BlocksInput = Omit<OnlineMigrationReport, 'blocks'> & {
  lost: string | undefined
  prepared: string[]
  /** Of the active side: whom the closing would not stop. */
  writers: readonly Writer[]
}

/** What stands in the way of a cutover (or of a rollback, when the application writes to the target already). */
export function blocksOf(report: BlocksInput): BlockReport[] {
  return [...blocksOfSides(report), ...blocksOfStream(report), ...blocksOfTables(report)]
}

function blocksOfSides({ sides, active, phase, prepared, writers }: BlocksInput): BlockReport[] {
  const passive = otherSide(active)
  const blocks: BlockReport[] = []
  for (const side of ['source', 'target'] as const) {
    const { unreachable } = sides[side]
    if (unreachable !== undefined) blocks.push({ what: `The ${side} cannot be looked at: ${unreachable}`, hint: '' })
  }
  if (phase === 'starting' || phase === 'copying') {
    blocks.push({
      what: 'The copy is not done.',
      hint: 'Wait for `pgleap online start`; where it broke, run it again.',
    })
  }
  if (phase === 'switching') {
    blocks.push({
      what: 'A cutover or a rollback has been begun and has not ended.',
      hint: 'Where it does not run any more, run the same command again: it goes on, or lets go.',
    })
  } else {
    if (sides[passive].writes === 'open' && phase === 'streaming') {
      blocks.push({
        what: `The ${passive} is open to writes, and has to be closed until it takes over.`,
        hint: 'ALTER DATABASE ... SET default_transaction_read_only = on, and end the sessions that wrote.',
      })
    }
    if (sides[active].writes === 'closed') {
      blocks.push({
        what: `The ${active} is closed to writes, although the application writes to it.`,
        hint: 'ALTER DATABASE ... RESET default_transaction_read_only.',
      })
    }
  }
  if (prepared.length > 0) {
    blocks.push({
      what: `Prepared transactions hold locks that no freeze can wait for: ${prepared.join(', ')}.`,
      hint: 'COMMIT PREPARED or ROLLBACK PREPARED.',
    })
  }
  if (phase === 'streaming') blocks.push(...writers.map((writer) => blockOfWriter(writer, active)))
  return blocks
}

function blocksOfStream({ stream, lost, phase }: BlocksInput): BlockReport[] {
  if (phase !== 'streaming') return []
  const { slot, apply, lag, forecast } = stream
  if (lost !== undefined || slot.state === 'missing' || slot.state === 'lost') {
    const why = lost ?? (slot.state === 'lost' ? 'the server has given up its WAL' : 'it is gone')
    return [
      {
        what: `The stream is broken for good: slot ${slot.name}: ${why}.`,
        hint: 'Begin again: `pgleap online abort`, then `start`.',
      },
    ]
  }
  const blocks: BlockReport[] = []
  if (apply.state === 'missing') {
    blocks.push({ what: 'The subscription is gone.', hint: 'Begin again: `pgleap online abort`, then `start`.' })
  } else if (apply.state === 'disabled') {
    blocks.push({
      what: 'The subscription is disabled.',
      hint: 'ALTER SUBSCRIPTION ... ENABLE on the side that follows.',
    })
  } else if (apply.state === 'not running') {
    blocks.push({
      what: `Nothing is applied: the worker does not run${apply.lastError === null ? '' : ` (${apply.lastError})`}.`,
      hint: "Its server's log says why; it is tried again every five seconds.",
    })
  }
  if (forecast.verdict === 'diverges') {
    blocks.push({
      what: `More is written than is applied: ${formatBytes(lag.bytes ?? 0)} behind, and growing.`,
      hint: 'Look for tables without a key (`plan` names them) and for what the side that follows waits for.',
    })
  } else if (forecast.verdict === 'stands still') {
    blocks.push({
      what: `Nothing was applied while this was looked at: ${formatBytes(lag.bytes ?? 0)} behind.`,
      hint: 'A large transaction, a lock on the side that follows, or a connection that hangs. Look again.',
    })
  }
  return blocks
}

function blocksOfTables({ tables, drift }: BlocksInput): BlockReport[] {
  const { notReady } = tables
  const blocks: BlockReport[] = []
  const [first] = notReady
  if (first !== undefined) {
    const more = notReady.length > 1 ? `, and ${String(notReady.length - 1)} more` : ''
    blocks.push({
      what: `Table ${first.table} ${first.state}${more}.`,
      hint: 'It will be in step by itself; look again.',
    })
  }
  if (drift !== null && drift.length > 0) {
    blocks.push({
      what: `Definitions have changed since the start: ${drift.slice(0, 3).join('; ')}${drift.length > 3 ? ' ...' : ''}`,
      hint: '`pgleap online sync-schema` shows what differs, and applies what can be.',
    })
  }
  return blocks
}
