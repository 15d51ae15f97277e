import { parseConnection, type ConnectionInfo, type Session, type Side } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { assertNoDrift, assertSameSchema } from './drift.ts'
import { drain, takeFence } from './fence.ts'
import { close, endReadOnly, endSessions, isClosed, lockTables, reopen } from './freeze.ts'
import { DEFAULT_GRACE_MS, DEFAULT_MAX_PAUSE_MS } from './options.ts'
import { carrySequences, copyPausedTables, replaceLargeObjects } from './pause-copy.ts'
import { largeObjectsMayDiffer, proveInPause, type Proven } from './proof.ts'
import { amend, before, journal } from './record.ts'
import { endBackend } from './own-sessions.ts'
import { assertNonePrepared } from './prepared.ts'
import { otherSide } from './sides.ts'
import {
  createPublication,
  createSlot,
  createSubscription,
  endStream,
  dropPublished,
  dropSubscription,
} from './stream.ts'
import type { Switch, SwitchReport } from './switch.ts'
import { patiently, thaw } from './thaw.ts'

/** What a step of the pause has to do: `hold` and `freeze` stop writes, `open` is the one that cannot be taken back. */
type PauseStep = 'hold' | 'freeze' | 'fence' | 'drain' | 'sequences' | 'copy' | 'way back' | 'verify' | 'open'

/** Whether the passive side may have opened. */
interface Progress {
  opening: 'not yet' | 'tried' | 'given up'
}

/** How long the opening may hang before it is looked up whether it has happened, in milliseconds. */
const OPEN_MS = 20_000

/**
 * From the moment at which the application is held back to the one at which the passive side opens. Where it fails or takes
 * too long before that, the active side takes writes again.
 *
 * @throws PgleapError `online.pause-too-long`, `online.undecided`, or whatever made a step fail
 */
export async function pause(the: Switch, proven: Proven): Promise<void> {
  const { options, keeper, active, passive, locker } = the
  const { maxPauseMs = DEFAULT_MAX_PAUSE_MS } = options
  the.record = await amend(keeper, the.record, { phase: 'switching', switches: the.record.switches + 1 })
  const deadline = AbortSignal.timeout(maxPauseMs)
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal])
  // Whatever the sessions are waiting for then, they stop.
  const stop = () => void Promise.all([active, passive, locker].map((session) => session.cancel()))
  signal.addEventListener('abort', stop, { once: true })
  const began = performance.now()
  const progress: Progress = { opening: 'not yet' }
  try {
    await within(signal, stopWritesAndCatchUp(the, proven, signal))
    if (options.rehearse !== 'rehearse') {
      signal.throwIfAborted()
      signal.removeEventListener('abort', stop)
      await within(AbortSignal.timeout(OPEN_MS), openPassive(the, progress))
    }
  } catch (error) {
    signal.removeEventListener('abort', stop)
    // Letting go may take longer than the deadline, which is not the reason then.
    const reason = deadline.aborted ? tooLong(maxPauseMs, the.report) : error
    if (progress.opening === 'not yet') progress.opening = 'given up'
    if (progress.opening === 'given up' || (await stateOfPassive(the)) === 'closed') {
      await thaw(the, [locker, active])
      throw reason
    }
  }
  signal.removeEventListener('abort', stop)
  the.report.pauseMs = Math.round(performance.now() - began)
  if (options.rehearse === 'rehearse') await thaw(the, [locker, active])
}

async function openPassive(the: Switch, progress: Progress): Promise<void> {
  const { active, passive, record } = the
  const { acceptedWriters: accepted = [] } = record
  await step(the, 'open', async () => {
    // Who logged in at the very moment of closing may not have been seen, nor know that it is closed.
    await endSessions(active, { accepted, signal: AbortSignal.timeout(OPEN_MS) })
    await assertStillClosed(the)
    // Too late: the other side takes writes again, or will in a moment.
    if (progress.opening === 'given up') return
    progress.opening = 'tried'
    await reopen(passive, before(record, passive.side))
    await endReadOnly(passive, '-infinity')
  })
}

/**
 * Nothing but the locker's transaction holds the locks, and nobody else asks it anything in the pause; and the setting may be
 * reset by anybody who owns the database.
 *
 * @throws PgleapError `connection.lost` where the locks are gone, `online.both-open`
 */
async function assertStillClosed({ active, locker }: Switch): Promise<void> {
  await locker.query('SELECT')
  if (await isClosed(active)) return
  const passive = otherSide(active.side)
  throw new PgleapError({
    code: 'online.both-open',
    message: `Somebody has opened the ${active.side} to writes again, before the ${passive} could take over.`,
    hint: `Writes go on on the ${active.side}. Find out who resets default_transaction_read_only there, and try again.`,
    party: active.side,
  })
}

/**
 * The work, or the signal's reason as soon as it fires: a connection that hangs must not keep the application waiting. What the
 * work still does then is on sessions that whoever thaws ends.
 */
async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const fired = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(reasonOf(signal)), { once: true })
  })
  if (signal.aborted) throw reasonOf(signal)
  return Promise.race([work, fired])
}

function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}

async function stopWritesAndCatchUp(the: Switch, proven: Proven, signal: AbortSignal): Promise<void> {
  const { sides, record, active, passive, locker, now, options } = the
  const { graceMs = DEFAULT_GRACE_MS, sequenceOffset = 0 } = options
  const { acceptedWriters: accepted = [] } = record
  const endOthers = (session: Session) => endSessions(session, { accepted, signal })
  await step(the, 'hold', async () => {
    for (const router of options.routers ?? []) await router.hold(signal)
  })
  await step(the, 'freeze', async () => {
    the.closedSince = await close(active, record.shutOut[active.side])
    await lockTables(locker, active, { graceMs, signal })
    await endOthers(active)
    await assertNonePrepared(active)
  })
  const fence = await step(the, 'fence', () => takeFence(active))
  await step(the, 'drain', async () => {
    await drain(active, now.slot, fence, signal, passive)
    await endStream(passive, now, signal)
    await endOthers(passive)
  })
  await step(the, 'sequences', () => carrySequences(active, passive, sequenceOffset))
  await step(the, 'copy', async () => {
    await copyPausedTables(active, passive, record.tables)
    if (await largeObjectsMayDiffer(proven, active, passive)) await replaceLargeObjects(active, passive, record.choices)
  })
  if (options.rehearse !== 'rehearse' && record.wayBack === 'with') {
    await step(the, 'way back', () => prepareWayBack(the))
  }
  await step(the, 'verify', async () => {
    // What somebody has written to the passive side up to now is counted, and compared; what he writes from now on is brought
    // back by the stream that begins here, as are all writes after the opening.
    await endOthers(passive)
    const still = performance.now()
    await Promise.all([assertNoDrift(active, the.keeper), assertSameSchema(passive, proven.schema)])
    await proveInPause(
      { sides, record, options: { ...options, signal }, active, passive, slot: now.slot },
      proven,
      still,
    )
  })
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

/**
 * Whether the side that was to open has opened, when the answer to that statement was lost.
 *
 * @throws PgleapError `online.undecided` where the server does not say: then neither side takes writes
 */
async function stateOfPassive(the: Switch): Promise<'open' | 'closed'> {
  const { passive } = the
  const state = await patiently(the, passive.side, async (session) => {
    // It may still be at it (waiting for a standby, say), and open the side after we have looked.
    await endBackend(session, passive)
    return (await isClosed(session)) ? 'closed' : 'open'
  })
  if (state !== undefined) return state
  throw new PgleapError({
    code: 'online.undecided',
    message: `The connection to the ${passive.side} was lost at the moment at which it was to open, and it does not answer. Neither side takes writes.`,
    hint: `Run the same command again as soon as the ${passive.side} answers: it finds out, and goes on or lets go.`,
    party: passive.side,
  })
}

async function step<T>(the: Switch, name: PauseStep, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await work()
  const ms = Math.round(performance.now() - began)
  the.report.steps.push({ step: name, ms })
  // For people alone: what decides after a crash is whether the passive side is open.
  void journal(the.keeper, the.record, { step: name, ms }).catch(() => {})
  return result
}

function tooLong(maxPauseMs: number, { steps }: SwitchReport): PgleapError {
  return new PgleapError({
    code: 'online.pause-too-long',
    message: `The pause took longer than ${String(maxPauseMs)} ms and was ended; it came as far as "${steps.at(-1)?.step ?? 'its beginning'}".`,
    hint: 'Writes go on where they went before. Look at what took so long, or allow more with --max-pause.',
    party: 'source',
  })
}
