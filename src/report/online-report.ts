import type { Endpoint } from './result.ts'

/** A side of an online migration. */
export type OnlineSide = 'source' | 'target'

/** What `pgleap online status` shows. Plain JSON without secrets (invariant 4); times are milliseconds, sizes bytes. */
export type OnlineStatusReport = OnlineMigrationReport | NoOnlineMigrationReport

/** The target has no record of an online migration, and this is what is left of any. */
export interface NoOnlineMigrationReport {
  state: 'none'
  /** The sides that were looked at: the source only where it was named. */
  looked: OnlineSide[]
  leftovers: Leftover[]
}

/** Something that bears the name of an online migration's. */
export interface Leftover {
  side: OnlineSide
  kind: 'subscription' | 'slot' | 'publication' | 'origin' | 'schema' | 'guard'
  name: string
  /** The statement that removes it. */
  undo: string
}

export interface OnlineMigrationReport {
  state: 'under way'
  id: string
  phase: string
  /** The side that the application writes to, and since when (ISO 8601, UTC). */
  active: OnlineSide
  since: string
  startedAt: string
  /** Of the last cutover or rollback: how long writes were stopped. */
  lastPauseMs: number | null
  sides: Record<OnlineSide, OnlineSideReport>
  stream: StreamReport
  tables: { streamed: number; paused: number; notReady: { table: string; state: string }[] }
  /** What differs in the definitions since the start; null where it could not be looked at. */
  drift: string[] | null
  /** What stands in the way of a cutover, or of a rollback; empty where nothing does. */
  blocks: BlockReport[]
}

export interface OnlineSideReport {
  /** `user@host:port/database`. */
  where: string
  /** Undefined where it could not be reached. */
  endpoint?: Endpoint
  unreachable?: string
  /** Whether sessions of the application may write to it. */
  writes?: 'open' | 'closed'
}

export interface StreamReport {
  from: OnlineSide
  lag: LagReport
  slot: SlotReport
  apply: ApplyReport
  forecast: ForecastReport
}

export interface LagReport {
  /** From the end of the active side's WAL back to what the other has applied and flushed; null: not known. */
  bytes: number | null
  /** How old the oldest change is that is not applied yet; null: not known. */
  ms: number | null
  /** `measured` on the WAL itself, or `estimated` from the pace of the WAL at this moment. */
  how: 'measured' | 'estimated' | 'unknown'
}

export interface SlotReport {
  name: string
  state: 'connected' | 'waiting' | 'lost' | 'missing' | 'unknown'
  /** WAL that the server keeps for it. */
  retainedBytes: number | null
  /** What it may keep before `online watch` gives it up, and where that number comes from. */
  budgetBytes: number | null
  budgetFrom: string
  /** pg_replication_slots.wal_status and safe_wal_size. */
  walStatus: string | null
  safeWalBytes: number | null
}

export interface ApplyReport {
  state: 'running' | 'not running' | 'disabled' | 'missing' | 'unknown'
  /** Since the stream was made; null before 15, which does not count them. */
  errors: number | null
  /** By kind; null before 18, which does not count them. */
  conflicts: Record<string, number> | null
  /** Why it failed last, from the server's log where that may be read. */
  lastError: string | null
}

export interface ForecastReport {
  verdict: 'in step' | 'converges' | 'diverges' | 'stands still' | 'unknown'
  /** Until it will be in step, where it converges. */
  etaMs: number | null
}

export interface BlockReport {
  what: string
  hint: string
}

/** What `online finish` and `online abort` did. */
export interface OnlineEndReport {
  /** The side that stays. */
  kept: OnlineSide
  /** Everything that was removed or set back, in words. */
  removed: { side: OnlineSide; what: string }[]
  /** What is left to do on a side that could not be reached, in SQL. */
  byHand: { side: OnlineSide; sql: string[] }[]
  /** Sides that still refuse writes; after a finish the source, so that nobody writes to it by mistake. */
  closed: OnlineSide[]
}
