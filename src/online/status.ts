import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../connection/index.ts'
import type { CommonOptions } from '../migrate/index.ts'
import type { NoOnlineMigrationReport, OnlineMigrationReport, OnlineStatusReport } from '../report/index.ts'
import { blocksOf } from './blocks.ts'
import { describeChange, readDrift } from './drift.ts'
import { readHistory } from './history.ts'
import { forecastOf, lagOf, type LagPoint } from './lag.ts'
import { leftovers } from './leftovers.ts'
import {
  applyReport,
  currentStream,
  lookAtStream,
  reach,
  sessionOf,
  sideReport,
  slotReport,
  type Reached,
} from './look.ts'
import { readRecord, type OnlineRecord } from './record.ts'
import { sidesOf, type Sides } from './sides.ts'
import { openWriters, writersPast } from './writers.ts'

export interface OnlineStatusOptions extends CommonOptions {
  target: string
  /** @defaultValue the source of the record; its password comes from PGPASSWORD or the password file */
  source?: string
  /** What `watch` is told, to compare the slot with; bytes. */
  slotBudget?: number
}

/** Between the two looks from which lag and forecast are worked out. */
const SAMPLE_MS = 1_000

/**
 * Where an online migration stands, on one screen; or, where the target has no record of one, whether anything is left of any.
 * Changes nothing. A source that cannot be reached is part of the answer, and no error.
 */
export async function onlineStatus(options: OnlineStatusOptions): Promise<OnlineStatusReport> {
  const onlyTarget = sidesOf(options.target, options.target, options.signal)
  await using target = await onlyTarget.open('target', 'online status')
  const record = await readRecord(target)
  if (record === undefined) return await nothingUnderWay(target, options)
  const sides = sidesOf(options.source ?? record.source.connection, options.target, options.signal)
  const source = await reach('source', sides, options.signal)
  await using _closes = 'session' in source ? source.session : undefined
  return await reportOf({ record, sides, reached: { source, target: { session: target } } }, options)
}

async function nothingUnderWay(target: Session, options: OnlineStatusOptions): Promise<NoOnlineMigrationReport> {
  const found = await leftovers(target)
  if (options.source === undefined) return { state: 'none', looked: ['target'], leftovers: found }
  const sides = sidesOf(options.source, options.target, options.signal)
  await using source = await sides.open('source', 'online status')
  return { state: 'none', looked: ['source', 'target'], leftovers: [...(await leftovers(source)), ...found] }
}

interface UnderWay {
  record: OnlineRecord
  sides: Sides
  reached: Reached
}

async function reportOf(
  { record, sides, reached }: UnderWay,
  { slotBudget, signal }: OnlineStatusOptions,
): Promise<OnlineMigrationReport> {
  const target = sessionOf(reached, 'target')
  const active = sessionOf(reached, record.active)
  const first = await lookAtStream(reached, record, slotBudget)
  if (active !== undefined) await sleep(SAMPLE_MS, undefined, { signal })
  const stream = await lookAtStream(reached, record, slotBudget)
  const points = [first, stream].flatMap(({ sample }): LagPoint[] =>
    sample?.point === undefined ? [] : [sample.point],
  )
  const history = target === undefined ? undefined : await readHistory(target)
  const report = {
    state: 'under way' as const,
    id: record.id,
    phase: record.phase,
    active: record.active,
    startedAt: history?.startedAt.toISOString() ?? '',
    since: history?.since.toISOString() ?? '',
    lastPauseMs: history?.lastPauseMs ?? null,
    sides: {
      source: await sideReport('source', sides, reached),
      target: await sideReport('target', sides, reached),
    },
    stream: {
      from: record.active,
      lag: lagOf(points),
      slot: slotReport(currentStream(record).slot, stream),
      apply: applyReport(stream),
      forecast: forecastOf(points),
    },
    tables: {
      streamed: record.tables.filter(({ rule }) => rule === 'streamed').length,
      paused: record.tables.filter(({ rule }) => rule === 'paused').length,
      notReady: stream.apply === undefined || stream.apply === 'missing' ? [] : stream.apply.notReady,
    },
    drift: await driftOf(record, reached),
  }
  const prepared = active === undefined ? [] : await preparedTransactions(active)
  const writers = active === undefined ? [] : openWriters(await writersPast(active), record.acceptedWriters ?? [])
  return { ...report, blocks: blocksOf({ ...report, lost: record.lost, prepared, writers }) }
}

/** Undefined where no stream runs, or a side cannot be asked. */
async function driftOf(record: OnlineRecord, reached: Reached): Promise<string[] | null> {
  const active = sessionOf(reached, record.active)
  const keeper = sessionOf(reached, 'target')
  if (active === undefined || keeper === undefined || record.phase !== 'streaming') return null
  return (await readDrift(active, keeper)).map(describeChange)
}

/** They hold their locks over any freeze. */
async function preparedTransactions(active: Session): Promise<string[]> {
  const rows = await active.query<{ gid: string }>(
    'SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database() ORDER BY gid',
  )
  return rows.map(({ gid }) => gid)
}
