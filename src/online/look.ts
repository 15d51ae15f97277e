import { PgleapError } from '../errors.ts'
import { endpoint } from '../migrate/index.ts'
import type { Session, Side } from '../connection/index.ts'
import type { ApplyReport, OnlineSideReport, SlotReport } from '../report/index.ts'
import { lastApplyError } from './apply-log.ts'
import { isClosed } from './freeze.ts'
import { streamNames, type StreamNames } from './names.ts'
import type { OnlineRecord } from './record.ts'
import { readApplyState, readStreamSample, type ApplyState, type StreamSample } from './sample.ts'
import { otherSide, type Sides } from './sides.ts'
import { slotBudget, type SlotBudget } from './slot-budget.ts'

/** A session on each side that can be reached, or why it cannot. */
export type Reached = Record<Side, { session: Session } | { why: string }>

/** Opens a session, or says why there is none; only an abort is thrown. */
export async function reach(
  side: Side,
  sides: Sides,
  signal: AbortSignal | undefined,
): Promise<{ session: Session } | { why: string }> {
  try {
    return { session: await sides.open(side, 'online status') }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof PgleapError && error.party === side) return { why: error.message }
    throw error
  }
}

export function sessionOf(reached: Reached, side: Side): Session | undefined {
  const one = reached[side]
  return 'session' in one ? one.session : undefined
}

/** The stream that runs while the application writes to the active side. */
export function currentStream({ id, active }: OnlineRecord): StreamNames {
  return streamNames(id, active === 'source' ? 'forward' : 'back')
}

/** What is to be seen of the stream on both sides at one moment; undefined where a side cannot be asked. */
export interface StreamLook {
  sample: StreamSample | undefined
  budget: SlotBudget | undefined
  /** `missing` where the subscription is not there. */
  apply: ApplyState | 'missing' | undefined
  lastError: string | undefined
}

export async function lookAtStream(
  reached: Reached,
  record: OnlineRecord,
  askedBudget: number | undefined,
): Promise<StreamLook> {
  const names = currentStream(record)
  const active = sessionOf(reached, record.active)
  const passive = sessionOf(reached, otherSide(record.active))
  const apply = passive === undefined ? undefined : ((await readApplyState(passive, names.subscription)) ?? 'missing')
  const fails = apply !== undefined && apply !== 'missing' && (apply.pid === null || (apply.counters?.errors ?? 0) > 0)
  return {
    sample: active === undefined ? undefined : await readStreamSample(active, names.slot),
    budget: active === undefined ? undefined : await slotBudget(active, askedBudget),
    apply,
    lastError: fails && passive !== undefined ? await lastApplyError(passive, apply.oid) : undefined,
  }
}

export function slotReport(name: string, { sample, budget }: StreamLook): SlotReport {
  return {
    name,
    state: sample?.slot ?? 'unknown',
    retainedBytes: sample?.retainedBytes ?? null,
    budgetBytes: budget?.bytes ?? null,
    budgetFrom: budget?.from ?? 'not known',
    walStatus: sample?.walStatus ?? null,
    safeWalBytes: sample?.safeWalBytes ?? null,
  }
}

export function applyReport({ apply, lastError }: StreamLook): ApplyReport {
  if (apply === undefined || apply === 'missing') {
    return { state: apply ?? 'unknown', errors: null, conflicts: null, lastError: null }
  }
  const { counters } = apply
  return {
    state: apply.state,
    errors: counters === undefined ? null : counters.errors + counters.syncErrors,
    conflicts: counters?.conflicts ?? null,
    lastError: lastError ?? null,
  }
}

export async function sideReport(side: Side, sides: Sides, reached: Reached): Promise<OnlineSideReport> {
  const where = sides[side].describe()
  const one = reached[side]
  if ('why' in one) return { where, unreachable: one.why }
  return {
    where,
    endpoint: endpoint(sides[side], one.session),
    writes: (await isClosed(one.session)) ? 'closed' : 'open',
  }
}
