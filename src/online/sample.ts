import type { Session } from '../connection/index.ts'
import { loadSql } from '../sql.ts'
import type { LagPoint } from './lag.ts'

const STREAM_SAMPLE = loadSql(import.meta.url, 'stream-sample.sql')
const APPLY_STATE = loadSql(import.meta.url, 'apply-state.sql')
const APPLY_COUNTERS = loadSql(import.meta.url, 'apply-counters.sql')

/** One look at the active side's WAL and slot. */
export interface StreamSample {
  /** Undefined where there is no slot that would say how far the other side is. */
  point: LagPoint | undefined
  slot: 'connected' | 'waiting' | 'lost' | 'missing'
  retainedBytes: number | null
  walStatus: string | null
  safeWalBytes: number | null
}

interface StreamRow {
  at: number
  wal: number
  present: boolean
  connected: boolean
  flushed: number | null
  retained: number | null
  wal_status: string | null
  safe_wal_size: number | null
  invalidated: string | null
}

export async function readStreamSample(active: Session, slot: string): Promise<StreamSample> {
  const [row] = await active.query<StreamRow>(STREAM_SAMPLE, [slot])
  if (row?.present !== true) {
    return { point: undefined, slot: 'missing', retainedBytes: null, walStatus: null, safeWalBytes: null }
  }
  const { at, wal, flushed } = row
  const lost = row.wal_status === 'lost' || row.invalidated !== null
  return {
    point: lost || flushed === null ? undefined : { at, wal, flushed },
    slot: lost ? 'lost' : row.connected ? 'connected' : 'waiting',
    retainedBytes: row.retained,
    walStatus: row.wal_status,
    safeWalBytes: row.safe_wal_size,
  }
}

/** One look at the subscription on the side that follows. */
export interface ApplyState {
  oid: number
  state: 'running' | 'not running' | 'disabled'
  /** Of the worker that applies, while it runs. */
  pid: number | null
  /** Since the worker has heard from the active side; null where it does not run. */
  silentMs: number | null
  notReady: { table: string; state: string }[]
  counters: ApplyCounters | undefined
}

/** What has gone wrong since the subscription was made. */
export interface ApplyCounters {
  errors: number
  syncErrors: number
  /** Undefined before 18, which does not count them. */
  conflicts: Record<string, number> | undefined
}

interface ApplyRow {
  oid: number
  enabled: boolean
  pid: number | null
  silent_ms: number | null
  tables: { table: string; state: string }[]
}

/** pg_subscription_rel.srsubstate (PostgreSQL docs, "System Catalogs"); `r` is ready. */
const TABLE_STATES: Readonly<Record<string, string>> = {
  i: 'waits for its copy',
  d: 'is copied',
  f: 'is copied, and catches up',
  s: 'catches up',
}

/** Undefined where the subscription is not there. */
export async function readApplyState(passive: Session, subscription: string): Promise<ApplyState | undefined> {
  const [row] = await passive.query<ApplyRow>(APPLY_STATE, [subscription])
  if (row === undefined) return undefined
  return {
    oid: row.oid,
    state: row.enabled ? (row.pid === null ? 'not running' : 'running') : 'disabled',
    pid: row.pid,
    silentMs: row.silent_ms,
    notReady: row.tables.flatMap(({ table, state }) =>
      state === 'r' ? [] : [{ table, state: TABLE_STATES[state] ?? state }],
    ),
    counters: passive.major >= 15 ? await readCounters(passive, row.oid) : undefined,
  }
}

async function readCounters(passive: Session, oid: number): Promise<ApplyCounters> {
  const [row] = await passive.query<{ errors: number; sync_errors: number; conflicts: Record<string, number> }>(
    APPLY_COUNTERS,
    [oid],
  )
  return {
    errors: row?.errors ?? 0,
    syncErrors: row?.sync_errors ?? 0,
    conflicts: passive.major >= 18 ? (row?.conflicts ?? {}) : undefined,
  }
}
