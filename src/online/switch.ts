import type { Session, Side } from '../connection/index.ts'
import { RunLock } from '../engine/index.ts'
import { PgleapError } from '../errors.ts'
import { assertNoDrift, assertSameSchema, rememberSchema } from './drift.ts'
import { assertCanEnd, isClosed, mayLogIn } from './freeze.ts'
import { assertLargeObjectsFit, largeObjectsAhead } from './large-objects.ts'
import { streamNames, type StreamNames } from './names.ts'
import { DEFAULT_MAX_PAUSE_MS, type OnlineSwitchOptions } from './options.ts'
import { endOurOwn } from './own-sessions.ts'
import { pause } from './pause.ts'
import { assertNonePrepared } from './prepared.ts'
import { assertQuietCopy } from './quiet-copy.ts'
import { expectedProofMs, largeObjectsMayDiffer, proveWhileStreaming, type Proven } from './proof.ts'
import { amend, theRecord, type OnlineRecord } from './record.ts'
import { otherSide, sidesOf, type Sides } from './sides.ts'
import { untilSlotCanBeMade } from './slot.ts'
import { startLock } from './start-lock.ts'
import { dropPublished, dropSubscription, startSubscription } from './stream.ts'
import { thaw } from './thaw.ts'
import { assertNoWriters } from './writers.ts'

export interface SwitchReport {
  to: Side
  /** From the moment at which the application was held back until the new side was open, in milliseconds. */
  pauseMs: number
  steps: { step: string; ms: number }[]
}

/** One cutover or rollback, as it is carried out. `active` is the side that is written to when it begins. */
export interface Switch {
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
  /** The active side's time from which on sessions may have begun that are read only; absent until it is closed. */
  closedSince?: string
}

/**
 * Moves the application's writes to the other side: a cutover to the target, a rollback to the source. Both are the same
 * work in opposite directions.
 *
 * Invariant 6: the passive side is closed all the time and opens by one transaction, after the active side was closed and
 * locked. Whatever happens before that transaction thaws the active side (invariant 7); whoever comes back after a crash
 * looks whether the passive side is open, and goes on from there.
 */
export async function switchTo(to: Side, options: OnlineSwitchOptions): Promise<SwitchReport> {
  const { signal } = options
  const onlyTarget = sidesOf(options.target, options.target, signal)
  await using keeper = await onlyTarget.open('target', 'online record')
  // Two people with the same command: one of them waits for nobody, and is told so.
  await using _alone = await RunLock.acquire(() => onlyTarget.open('target', 'run lock'), signal)
  // Nor while a start or sync-schema is at work, which write to the same record.
  await startLock(keeper, signal)
  const record = await theRecord(keeper)
  assertCanSwitch(record, to)
  const sides = sidesOf(options.source ?? record.source.connection, options.target, signal)
  await using active = await sides.open(otherSide(to), 'switch')
  await using passive = await sides.open(to, 'switch')
  // What a killed switch has left running may hold its locks, or open a side after we have looked.
  await endOurOwn(active)
  await endOurOwn(passive)
  await using locker = await sides.open(otherSide(to), 'freeze')
  const forward = streamNames(record.id, 'forward')
  const backward = streamNames(record.id, 'back')
  const [now, back] = to === 'target' ? [forward, backward] : [backward, forward]
  const report: SwitchReport = { to, pauseMs: 0, steps: [] }
  const the: Switch = { sides, options, keeper, active, passive, locker, now, back, record, report }

  const isOpen = !(await isClosed(passive))
  const hasOpened = record.phase === 'switching' && isOpen && (await isClosed(active))
  // It opens only in a switch, after the other was closed: so somebody else has opened one of them, and may have written there.
  if (isOpen && !hasOpened) throw bothOpen(passive)
  if (!hasOpened) {
    if (record.phase === 'switching') await letGo(the)
    await noteAcceptedWriters(the)
    await assertCanClose(the)
    await noteAppRoles(the)
    await pause(the, await prove(the))
    if (options.rehearse === 'rehearse') return report
  }
  await complete(the)
  return report
}

/**
 * Where a switch was killed in its pause, the application is still held back: it goes on while everything is compared anew, and
 * where that comes to nothing. Who logged in meanwhile is read only.
 */
async function letGo(the: Switch): Promise<void> {
  if (await isClosed(the.active)) the.closedSince = '-infinity'
  await thaw(the, [])
  delete the.closedSince
}

/** Written down before anybody is kept out, so that everybody is let in again. */
async function noteAppRoles(the: Switch): Promise<void> {
  const { options, record, active, keeper } = the
  const roles = await mayLogIn(active, options.appRoles ?? [])
  if (roles.length === 0) return
  const before = record.shutOut[active.side]
  const shutOut = { ...record.shutOut, [active.side]: [...new Set([...before, ...roles])] }
  the.record = await amend(keeper, record, { shutOut })
}

async function noteAcceptedWriters(the: Switch): Promise<void> {
  const { options, record, keeper } = the
  const { acceptedWriters: before = [] } = record
  const added = (options.acceptWriters ?? []).filter((name) => !before.includes(name))
  if (added.length > 0) the.record = await amend(keeper, record, { acceptedWriters: [...before, ...added] })
}

/** Whoever is not stopped by what closes the active side is to be known before anybody is held up. */
async function assertCanClose({ active, passive, record, options }: Switch): Promise<void> {
  const { acceptedWriters = [] } = record
  const accepted = [...acceptedWriters, ...(options.appRoles ?? [])]
  await assertNoWriters(active, { accepted, onEvent: options.onEvent })
  await assertCanEnd(active, acceptedWriters)
  await assertCanEnd(passive, acceptedWriters)
}

/** Compares while the application still writes, so that the pause has little left to look at; refuses a pause that would be too long. */
async function prove(the: Switch): Promise<Proven> {
  const { sides, record, options, active, passive, now } = the
  const { maxPauseMs = DEFAULT_MAX_PAUSE_MS } = options
  await assertNoDrift(active, the.keeper)
  // A switch that broke may have stopped the stream.
  await startSubscription(passive, now)
  await assertQuietCopy(passive, record.tables)
  // Making a slot for the way back would wait for them in the pause.
  await assertNonePrepared(passive)
  const proven = await proveWhileStreaming({ sides, record, options, active, passive, slot: now.slot })
  await assertSameSchema(passive, proven.schema)
  if (record.wayBack === 'with') {
    await untilSlotCanBeMade(passive, { timeoutMs: maxPauseMs, onEvent: options.onEvent, signal: options.signal })
  }
  const expectedMs = Math.round(await expectedProofMs(proven, active, passive))
  if (expectedMs > maxPauseMs) throw proofTooLong(expectedMs, maxPauseMs)
  if (await largeObjectsMayDiffer(proven, active, passive)) {
    assertLargeObjectsFit(await largeObjectsAhead(active, passive, record.choices), passive, maxPauseMs)
  }
  return proven
}

/**
 * What is left once the new side is open: lead the application there, run the stream of the way back, end the old one. Done
 * again after a crash, it does no harm; the record says last that the switch is over.
 */
async function complete(the: Switch): Promise<void> {
  const { active, passive, keeper, now, back, options } = the
  for (const router of options.routers ?? []) {
    await router.lead(passive.side).catch((error: unknown) => {
      options.onEvent?.({
        type: 'notice',
        at: Date.now(),
        level: 'warning',
        code: 'online.not-led',
        message: `The ${passive.side} is open, but ${router.name} does not lead there: ${error instanceof Error ? error.message : String(error)}`,
        hint: 'Lead the application there by hand; the other side takes no writes.',
      })
    })
  }
  // The old stream is gone before the other begins: what one brings never goes round.
  await dropSubscription(passive, now)
  if (the.record.wayBack === 'with') await startSubscription(active, back)
  await dropPublished(active, now)
  // What the side that is written to from now on is made of: DDL there is noticed against this.
  await rememberSchema(passive, keeper)
  the.record = await amend(keeper, the.record, {
    active: passive.side,
    phase: 'streaming',
    shutOut: { ...the.record.shutOut, [passive.side]: [] },
  })
}

function assertCanSwitch({ active, phase, wayBack }: OnlineRecord, to: Side): void {
  if (phase === 'starting' || phase === 'copying') {
    throw new PgleapError({
      code: 'online.not-streaming',
      message: 'The target does not follow the source yet: the copy has not come to its end.',
      hint: 'Run `pgleap online start` again; it goes on where it was.',
      party: 'usage',
    })
  }
  if (active === to && phase === 'streaming') {
    throw new PgleapError({
      code: 'online.already-there',
      message: `The application writes to the ${to} already.`,
      hint: to === 'target' ? 'See `pgleap online status`.' : 'There is nothing to roll back.',
      party: 'usage',
    })
  }
  if (to === 'source' && wayBack === 'without') {
    throw new PgleapError({
      code: 'online.no-way-back',
      message: 'This migration was started without a way back: the source does not follow the target.',
      hint: 'End it with `pgleap online finish`; the source still holds what it held at the cutover.',
      party: 'usage',
    })
  }
  if (active === to) {
    throw new PgleapError({
      code: 'online.other-way',
      message: `A switch to the ${otherSide(to)} has not come to its end.`,
      hint: `Run \`pgleap online ${to === 'target' ? 'rollback' : 'cutover'}\` again first; it goes on where it was.`,
      party: 'usage',
    })
  }
}

function bothOpen({ side, database }: Session): PgleapError {
  const other = otherSide(side)
  return new PgleapError({
    code: 'online.both-open',
    message: `The ${side}, to which the application was to be led, takes writes already.`,
    hint: `Somebody else has opened it, or the ${other}. Where the application writes to the ${other}: ALTER DATABASE "${database}" SET default_transaction_read_only = on on the ${side}, end the sessions there, and try again.`,
    party: side,
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
