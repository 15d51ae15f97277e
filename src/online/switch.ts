import { parseConnection, type ConnectionInfo, type Session, type Side } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { drain, takeFence } from './fence.ts'
import { close, endSessions, isClosed, lockTables, reopen } from './freeze.ts'
import { streamNames, type StreamNames } from './names.ts'
import { DEFAULT_GRACE_MS, DEFAULT_MAX_PAUSE_MS, type OnlineSwitchOptions } from './options.ts'
import { carrySequences, copyPausedTables } from './pause-copy.ts'
import { expectedProofMs, proveInPause, proveWhileStreaming, type Proven } from './proof.ts'
import { amend, journal, theRecord, type OnlineRecord } from './record.ts'
import { otherSide, sidesOf, type Sides } from './sides.ts'
import {
  createPublication,
  createSlot,
  createSubscription,
  dropPublished,
  dropSubscription,
  startSubscription,
  stopSubscription,
} from './stream.ts'

export interface SwitchReport {
  to: Side
  /** From the first statement of the freeze until the new side was open, in milliseconds. */
  pauseMs: number
  steps: { step: string; ms: number }[]
}

/** One cutover or rollback, as it is carried out. `active` is the side that is written to when it begins. */
interface Switch {
  sides: Sides
  options: OnlineSwitchOptions
  /** Holds the record, on the target. */
  keeper: Session
  active: Session
  passive: Session
  /** On the active side; its transaction holds the locks of the freeze. */
  locker: Session
  /** The stream that runs now, and the one of the way back. */
  now: StreamNames
  back: StreamNames
  record: OnlineRecord
  report: SwitchReport
}

/**
 * Moves the application's writes to the other side: a cutover to the target, a rollback to the source. Both are the same
 * work in opposite directions.
 *
 * Invariant 6: the passive side is closed all the time and opens by one statement, after the active side was closed and
 * locked. Whatever happens before that statement thaws the active side (invariant 7); whoever comes back after a crash looks
 * whether the passive side is open, and goes on from there.
 */
export async function switchTo(to: Side, options: OnlineSwitchOptions): Promise<SwitchReport> {
  const { signal } = options
  const onlyTarget = sidesOf(options.target, options.target, signal)
  await using keeper = await onlyTarget.open('target', 'online record')
  const record = await theRecord(keeper)
  const sides = sidesOf(options.source ?? record.source.connection, options.target, signal)
  if (record.active === to && record.phase === 'streaming') throw already(to)

  await using active = await sides.open(otherSide(to), 'switch')
  await using locker = await sides.open(otherSide(to), 'freeze')
  await using passive = await sides.open(to, 'switch')
  const forward = streamNames(record.id, 'forward')
  const backward = streamNames(record.id, 'back')
  const [now, back] = to === 'target' ? [forward, backward] : [backward, forward]
  const report: SwitchReport = { to, pauseMs: 0, steps: [] }
  const the: Switch = { sides, options, keeper, active, passive, locker, now, back, record, report }
  const opened = record.phase === 'switching' && !(await isClosed(passive))
  if (!opened) await pause(the, await prove(the))
  if (options.rehearse !== 'rehearse') await complete(the)
  return report
}

/** Compares while the application still writes, so that the pause has little left to look at; refuses a pause that would be too long. */
async function prove(the: Switch): Promise<Proven> {
  const { active, passive, now, options } = the
  const { maxPauseMs = DEFAULT_MAX_PAUSE_MS } = options
  // A switch that broke may have stopped the stream.
  await startSubscription(passive, now)
  const proven = await proveWhileStreaming(comparing(the))
  const expectedMs = Math.round(await expectedProofMs(proven, active))
  if (expectedMs > maxPauseMs) throw proofTooLong(expectedMs, maxPauseMs)
  return proven
}

function comparing({ sides, record, options, active, now }: Switch) {
  return { sides, record, options, active, slot: now.slot }
}

/** From the freeze to the moment at which the passive side opens. */
async function pause(the: Switch, proven: Proven): Promise<void> {
  const { options, keeper, active, passive, locker, now } = the
  const { maxPauseMs = DEFAULT_MAX_PAUSE_MS, graceMs = DEFAULT_GRACE_MS } = options
  the.record = await amend(keeper, the.record, { phase: 'switching', switches: the.record.switches + 1 })
  const deadline = AbortSignal.timeout(maxPauseMs)
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal])
  const began = performance.now()
  try {
    await step(the, 'hold', async () => {
      for (const router of options.routers ?? []) await router.hold(signal)
    })
    await step(the, 'freeze', async () => {
      await close(active)
      await lockTables(locker, { graceMs, signal })
      await endSessions(active, signal)
    })
    const fence = await step(the, 'fence', () => takeFence(active))
    await step(the, 'drain', () => drain(active, now.slot, fence, signal))
    await step(the, 'sequences', () => carrySequences(active, passive))
    await step(the, 'copy', () => copyPausedTables(active, passive, the.record.tables))
    await step(the, 'verify', () => proveInPause(comparing(the), proven))
    if (options.rehearse === 'rehearse') {
      await thaw(the)
      the.report.pauseMs = Math.round(performance.now() - began)
      return
    }
    await step(the, 'way back', () => prepareWayBack(the))
    signal.throwIfAborted()
    await step(the, 'open', async () => {
      await stopSubscription(passive, now)
      await reopen(passive)
    })
    the.report.pauseMs = Math.round(performance.now() - began)
  } catch (error) {
    await thaw(the)
    throw deadline.aborted ? tooLong(maxPauseMs, the.report) : error
  }
}

/** What is left once the new side is open: the stream of the way back, and the end of the old one. Done again, it does no harm. */
async function complete(the: Switch): Promise<void> {
  const { active, passive, keeper, now, back } = the
  the.record = await amend(keeper, the.record, { active: passive.side, phase: 'streaming' })
  for (const router of the.options.routers ?? []) await router.lead(passive.side)
  await startSubscription(active, back)
  await dropSubscription(passive, now)
  await dropPublished(active, now)
}

/** Lets the application write to the side where it wrote before, and takes back what was prepared for the other. */
async function thaw(the: Switch): Promise<void> {
  const { active, passive, locker, keeper, now, back } = the
  await reopen(active)
  await locker.script('ROLLBACK')
  await dropSubscription(active, back)
  await dropPublished(passive, back)
  await startSubscription(passive, now)
  the.record = await amend(keeper, the.record, { phase: 'streaming' })
  for (const router of the.options.routers ?? []) await router.release()
}

/** Slot, publication and subscription of the other direction, at a moment when both sides are the same. Nothing runs yet. */
async function prepareWayBack(the: Switch): Promise<void> {
  const { sides, record, active, passive, back } = the
  await dropSubscription(active, back)
  await dropPublished(passive, back)
  await createPublication(passive, back, record.tables)
  await createSlot(passive, back)
  await createSubscription(active, back, reachOf(passive.side, the) ?? sides[passive.side])
}

/** How the other server finds this one, where that was said. */
function reachOf(side: Side, { options, record }: Switch): ConnectionInfo | undefined {
  const said =
    side === 'target'
      ? (options.targetFromSource ?? record.reach.targetFromSource)
      : (options.sourceFromTarget ?? record.reach.sourceFromTarget)
  return said === undefined ? undefined : parseConnection(said)
}

async function step<T>(the: Switch, name: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await work()
  const ms = Math.round(performance.now() - began)
  the.report.steps.push({ step: name, ms })
  await journal(the.keeper, the.record, { step: name, ms })
  return result
}

function already(side: Side): PgleapError {
  return new PgleapError({
    code: 'online.already-there',
    message: `The application writes to the ${side} already.`,
    hint: side === 'target' ? 'See `pgleap online status`.' : 'There is nothing to roll back.',
    party: 'usage',
  })
}

function proofTooLong(expectedMs: number, maxPauseMs: number): PgleapError {
  return new PgleapError({
    code: 'online.proof-too-long',
    message: `Comparing what is written to all the time would take about ${String(expectedMs)} ms of the pause, which may last ${String(maxPauseMs)} ms.`,
    hint: 'Choose an hour with fewer writes, allow a longer pause with --max-pause, or give the comparison more sessions with --jobs.',
    party: 'source',
  })
}

function tooLong(maxPauseMs: number, { steps }: SwitchReport): PgleapError {
  return new PgleapError({
    code: 'online.pause-too-long',
    message: `The pause took longer than ${String(maxPauseMs)} ms and was ended; it came as far as "${steps.at(-1)?.step ?? 'its beginning'}".`,
    hint: 'Writes go on where they went before. Look at what took so long, or allow more with --max-pause.',
    party: 'source',
  })
}
