import { setTimeout as sleep } from 'node:timers/promises'
import type { Session, Side } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { endReadOnly, reopen } from './freeze.ts'
import { endBackend } from './own-sessions.ts'
import { amend, before, readRecord } from './record.ts'
import { sidesOf } from './sides.ts'
import { dropPublished, dropSubscription, startSubscription } from './stream.ts'
import type { Switch } from './switch.ts'

/** How often, and how far apart in milliseconds, a server is asked that has just been lost. */
const TRIES = 20
/** Where the application waits for it: for as long as a server may need to come back after a crash. */
const PATIENT_TRIES = 240
const BETWEEN_TRIES_MS = 500
/** How long the application waits to hear whether another process is at it, in milliseconds. */
const ANSWER_MS = 2_000

/**
 * Lets the application write to the side where it wrote before, first of all; then takes back what was prepared for the
 * other side, as far as that answers: a later switch, or `abort`, does the rest. `running`: sessions on that side which may
 * still be at work, or hold the locks, and are of no use any more.
 *
 * @throws PgleapError `online.not-thawed` where the active side does not answer, `online.taken-over`
 */
export async function thaw(the: Switch, running: readonly Session[]): Promise<void> {
  const { active, passive, now, back, record, options } = the
  const thawed = await patiently(the, active.side, async (session) => {
    if (await isTakenOver(the)) return 'taken over'
    for (const one of running) await endBackend(session, one)
    await reopen(session, before(record, active.side))
    if (the.closedSince !== undefined) await endReadOnly(session, the.closedSince)
    return 'done'
  })
  if (thawed === 'taken over') throw takenOver()
  // Also where it does not answer: neither side takes writes then, and the application is to see why.
  for (const router of options.routers ?? []) {
    await router.release().catch((error: unknown) => {
      notice(the, 'online.not-released', `${router.name} still holds the application back: ${text(error)}`)
    })
  }
  if (thawed === undefined) throw notThawed(active)
  // The stream first: without it the slot grows. Each by itself, as either side may be the one that does not answer.
  const tidied = [
    await insistently(the, passive.side, async (session) => {
      await startSubscription(session, now)
      await dropPublished(session, back)
      return 'done'
    }),
    await insistently(the, active.side, async (session) => {
      await dropSubscription(session, back)
      return 'done'
    }),
    await insistently(the, 'target', async (session) => {
      const shutOut = { ...record.shutOut, [active.side]: [] }
      the.record = await amend(session, record, { phase: 'streaming', shutOut })
      return 'done'
    }),
  ]
  if (tidied.includes(undefined)) {
    notice(
      the,
      'online.not-tidied',
      'The application writes again, but not everything that was prepared could be set back.',
    )
  }
}

/**
 * Whether another process has begun a pause since, or ended the migration. Where this one was held up for long (a machine that
 * slept, a network that was away), the servers have ended its sessions, and its lock with them: what the other one has closed is
 * not to be opened. Nobody switches without the target, so that one that does not answer is no reason to keep a side closed.
 */
async function isTakenOver({ options, record }: Switch): Promise<boolean> {
  const look = async () => {
    await using target = await sidesOf(options.target, options.target, undefined).open('target', 'thaw')
    return await readRecord(target)
  }
  const silence = sleep(ANSWER_MS, 'no answer', { ref: false })
  const now = await Promise.race([look().catch(() => 'no answer' as const), silence])
  if (typeof now === 'string') return false
  return now === undefined || now.switches > record.switches || now.active !== record.active
}

/** What the application waits for: as `insistently`, for two minutes. */
export async function patiently<T>(
  the: Switch,
  side: Side,
  work: (session: Session) => Promise<T>,
): Promise<T | undefined> {
  const done = await insistently(the, side, work)
  if (done !== undefined) return done
  notice(
    the,
    'online.still-closed',
    `No side takes writes: the ${side} does not answer. It is tried for two minutes more.`,
  )
  return insistently(the, side, work, PATIENT_TRIES)
}

/** Does one thing on one side, on a session of its own that no signal ends; undefined where the server does not answer. */
async function insistently<T>(
  { options, record }: Switch,
  side: Side,
  work: (session: Session) => Promise<T>,
  tries = TRIES,
): Promise<T | undefined> {
  const sides = sidesOf(options.source ?? record.source.connection, options.target, undefined)
  for (let left = tries; left > 0; left -= 1) {
    try {
      await using session = await sides.open(side, 'thaw')
      return await work(session)
    } catch {
      await sleep(BETWEEN_TRIES_MS)
    }
  }
  return undefined
}

const LATER = 'Run `pgleap online status`; the next cutover, or `pgleap online abort`, sets the rest back.'

function notice({ options }: Switch, code: string, message: string, hint = LATER): void {
  options.onEvent?.({ type: 'notice', at: Date.now(), level: 'warning', code, message, hint })
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function takenOver(): PgleapError {
  return new PgleapError({
    code: 'online.taken-over',
    message:
      'The pause has failed, and another pgleap has gone on with the migration since: this one leaves both sides as they are.',
    hint: '`pgleap online status` says which side takes writes.',
    party: 'target',
  })
}

function notThawed({ side, database }: Session): PgleapError {
  return new PgleapError({
    code: 'online.not-thawed',
    message: `The pause has failed, and the ${side} does not answer: its database "${database}" may still be closed to writes.`,
    hint: `When it answers, run the same command again, or ALTER DATABASE "${database}" RESET default_transaction_read_only there.`,
    party: side,
  })
}
