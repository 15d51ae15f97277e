import type { Session, Side } from '../connection/index.ts'
import { dropLedger, RunLock } from '../engine/index.ts'
import { PgleapError } from '../errors.ts'
import type { CommonOptions } from '../migrate/index.ts'
import type { Leftover, OnlineEndReport } from '../report/index.ts'
import { setBack } from './change-identities.ts'
import { isClosed, reopen } from './freeze.ts'
import { leftovers } from './leftovers.ts'
import { streamNames } from './names.ts'
import { before, dropRecord, theRecord, type OnlineRecord } from './record.ts'
import { sidesOf } from './sides.ts'
import { startLock } from './start-lock.ts'
import { dropPublished, dropSubscription } from './stream.ts'
import { endWithoutTarget, sqlForSource } from './gone.ts'

export interface OnlineEndOptions extends CommonOptions {
  target: string
  /** @defaultValue the source of the record; its password comes from PGPASSWORD or the password file */
  source?: string
  /** The source is not there any more: clean up the target, and return the SQL for the source. @defaultValue 'there' */
  sourceGone?: 'gone' | 'there'
}

export interface OnlineAbortOptions extends OnlineEndOptions {
  /** The target is not there any more: clean up the source (to be named), and return the SQL for the target. @defaultValue 'there' */
  targetGone?: 'gone' | 'there'
}

export interface OnlineFinishOptions extends OnlineEndOptions {
  /** Let the old side take writes again; they reach nobody. @defaultValue 'keep closed' */
  reopenSource?: 'reopen' | 'keep closed'
}

/**
 * Gives the migration up while the application writes to the source: removes everything that was made for it, and sets back
 * what was changed. The rows that the target has got stay there. May be run again after a crash.
 *
 * @throws PgleapError `online.abort-late` once the application writes to the target; `online.switch-unfinished`
 */
export async function abort(options: OnlineAbortOptions): Promise<OnlineEndReport> {
  if (options.targetGone === 'gone') return endWithoutTarget(options)
  await using _alone = await alone(options)
  if ((await writtenSide(options)) === 'target') throw abortLate()
  return await end('source', options)
}

/**
 * Ends the migration while the application writes to the target, and with it the way back. The source stays closed to
 * writes unless it is to be reopened. May be run again after a crash.
 *
 * @throws PgleapError `online.finish-early` while the application writes to the source; `online.switch-unfinished`
 */
export async function finish(options: OnlineFinishOptions): Promise<OnlineEndReport> {
  await using _alone = await alone(options)
  if ((await writtenSide(options)) === 'source') throw finishEarly()
  return await end('target', options)
}

/** Keeps every other start, switch and end of this migration away while what is looked up here has to stay true. */
async function alone({ target, signal }: OnlineEndOptions): Promise<AsyncDisposable> {
  const open = () => sidesOf(target, target, signal).open('target', 'run lock')
  const session = await open()
  try {
    await startLock(session, signal)
    const lock = await RunLock.acquire(open, signal)
    return {
      async [Symbol.asyncDispose]() {
        await lock.release()
        await session.close()
      },
    }
  } catch (error) {
    await session.close()
    throw error
  }
}

/** The side that takes writes. In the middle of a switch that cannot go on, as its source is gone, the target itself says it. */
async function writtenSide(options: OnlineEndOptions): Promise<Side> {
  await using target = await sidesOf(options.target, options.target, options.signal).open('target', 'online end')
  const record = await theRecord(target)
  if (record.phase !== 'switching') return record.active
  if (options.sourceGone !== 'gone') throw switchUnfinished(record)
  return (await isClosed(target)) ? 'source' : 'target'
}

/**
 * Removes everything that the migration made on both sides and sets back what it changed, whichever side stays. Both sides
 * are open afterwards but the one that is given up, which stays closed to writes after a finish. The record goes last: what is
 * interrupted can be done again.
 */
export async function end(
  keep: Side,
  options: OnlineEndOptions & Pick<OnlineFinishOptions, 'reopenSource'>,
): Promise<OnlineEndReport> {
  const onlyTarget = sidesOf(options.target, options.target, options.signal)
  await using target = await onlyTarget.open('target', 'online end')
  const record = await theRecord(target)
  const sides = sidesOf(options.source ?? record.source.connection, options.target, options.signal)
  const source = options.sourceGone === 'gone' ? undefined : await sides.open('source', 'online end')
  await using _closes = source
  const there = source === undefined ? [target] : [source, target]
  const found = await allLeftovers(there)

  const forward = streamNames(record.id, 'forward')
  const back = streamNames(record.id, 'back')
  await dropSubscription(target, forward)
  if (source !== undefined) await dropSubscription(source, back)
  if (source !== undefined) await dropPublished(source, forward)
  await dropPublished(target, back)
  const setBack = await undoChanges(record, { source, target })
  await reopen(target, before(record, 'target'))
  const reopens = keep === 'source' || options.reopenSource === 'reopen'
  if (source !== undefined && reopens) await reopen(source, before(record, 'source'))
  await dropLedger(target)
  await dropRecord(target)

  const after = new Set((await allLeftovers(there)).map(keyOf))
  return {
    kept: keep,
    removed: [...found.filter((one) => !after.has(keyOf(one))).map(described), ...setBack],
    byHand:
      source === undefined ? [{ side: 'source', sql: sqlForSource(record, reopens ? 'reopen' : 'keep closed') }] : [],
    closed: source !== undefined && !reopens && (await isClosed(source)) ? ['source'] : [],
  }
}

async function allLeftovers(sessions: readonly Session[]): Promise<Leftover[]> {
  return (await Promise.all(sessions.map(leftovers))).flat()
}

function keyOf({ side, kind, name }: Leftover): string {
  return `${side} ${kind} ${name}`
}

const WORDS: Record<Leftover['kind'], string> = {
  subscription: 'subscription',
  slot: 'replication slot',
  publication: 'publication',
  origin: 'replication origin',
  schema: 'schema',
  guard: 'setting',
}

function described({ side, kind, name }: Leftover): { side: Side; what: string } {
  return { side, what: `${WORDS[kind]} ${name}` }
}

/** The last change first. */
async function undoChanges(
  { changes }: OnlineRecord,
  sessions: Record<Side, Session | undefined>,
): Promise<OnlineEndReport['removed']> {
  const done: OnlineEndReport['removed'] = []
  for (const change of changes.toReversed()) {
    const session = sessions[change.side]
    if (session !== undefined) done.push({ side: change.side, what: await setBack(session, change) })
  }
  return done
}

function abortLate(): PgleapError {
  return new PgleapError({
    code: 'online.abort-late',
    message: 'The application writes to the target: to give it up now would lose what was written there.',
    hint: '`pgleap online rollback` leads the application back to the source first; `finish` keeps the target.',
    party: 'usage',
  })
}

function finishEarly(): PgleapError {
  return new PgleapError({
    code: 'online.finish-early',
    message: 'The application still writes to the source.',
    hint: '`pgleap online cutover` leads it to the target first; `abort` gives the migration up.',
    party: 'usage',
  })
}

function switchUnfinished({ active }: OnlineRecord): PgleapError {
  const command = active === 'source' ? 'cutover' : 'rollback'
  return new PgleapError({
    code: 'online.switch-unfinished',
    message: `A ${command} has been begun and has not ended.`,
    hint: `Run \`pgleap online ${command}\` again: it goes on, or lets go. Where the source is gone for good: --source-gone.`,
    party: 'usage',
  })
}
