import type { Phase, Verdict } from './events.ts'
import type { PredictionOutcome } from './rehearsal-report.ts'

/**
 * The data of a run's report: what `migrate` and `resume` return, what `--report` writes and what the closing summary
 * prints. Plain JSON without secrets (invariant 4). Times are milliseconds; `startMs` counts from the run's start.
 */
export interface RunReport {
  source: Endpoint
  target: Endpoint
  /** ISO 8601, UTC. */
  startedAt: string
  ms: number
  /** SKIPPED where the user asked for no verification. */
  verdict: RunVerdict
  /** Name of the exported snapshot that all of the data comes from. */
  snapshot: string
  /** The options of the run that differ from their defaults, with connection strings left out. */
  options: Record<string, unknown>
  phases: PhaseTiming[]
  tables: TableReport[]
  steps: StepReport[]
  failures: FailureReport[]
  blocked: BlockedReport[]
  /** What was compared and is not SAME: tables, sequences, large objects, definitions, grants. */
  differences: VerifiedObject[]
  notices: NoticeReport[]
  /** Tables of the source that were written to after the snapshot: those rows are not in the target. */
  sourceWrites: SourceWrites[]
  /** Where a rehearsal's prediction was given. */
  prediction?: PredictionOutcome
}

export type RunVerdict = Verdict | 'SKIPPED'

/** A server and a database, described without any secret. */
export interface Endpoint {
  host: string
  port: number
  database: string
  user: string
  /** For example `17.10`. */
  version: string
}

export interface PhaseTiming {
  phase: Phase
  startMs: number
  ms: number
}

export interface TableReport {
  /** `schema.name`. */
  table: string
  bytes: number
  rows: number
  /** Time that its copies took, summed over parts; parts run side by side. */
  copyMs: number
  /** Time that its indexes and keys took, summed. */
  indexMs: number
  verdict: RunVerdict
  /** What differs, or why it could not be looked at. */
  detail?: string
}

export interface StepReport {
  id: number
  kind: string
  label: string
  table?: string
  startMs: number
  ms: number
  bytes: number
  rows: number
}

export interface FailureReport {
  label: string
  code: string
  message: string
  sqlstate?: string
}

export interface BlockedReport {
  label: string
  /** Label of the failed step that it waits for. */
  by: string
}

export interface NoticeReport {
  level: 'info' | 'warning'
  code: string
  message: string
  object?: string
  hint?: string
}

export interface SourceWrites {
  table: string
  /** Rows inserted, updated or deleted, as the source counts them. */
  rows: number
}

/** What `plan` returns: what a migration would do. Nothing has been changed. */
export interface PlanReport {
  source: Endpoint
  target: Endpoint
  tables: PlannedTable[]
  steps: PlannedStepReport[]
  /** What the tables take on the source's disk, indexes not counted. */
  bytes: number
  estimateMs: number
  notices: NoticeReport[]
}

export interface PlannedTable {
  /** `schema.name`. */
  table: string
  bytes: number
  /** As the source's statistics say; absent where it was never analyzed. */
  rows?: number
  /** Parts in which it is copied; 0 where it has no rows. */
  parts: number
  format: 'text' | 'binary'
}

export interface PlannedStepReport {
  id: number
  kind: string
  label: string
  table?: string
  bytes: number
  /** Expected duration, in milliseconds; only ratios matter. */
  cost: number
  dependsOn: number[]
}

/** What `verify` returns. */
export interface VerifyReport {
  source: Endpoint
  target: Endpoint
  startedAt: string
  ms: number
  mode: 'full' | 'counts'
  verdict: Verdict
  /** Everything that was compared: tables, sequences, large objects, the schema's entries. */
  objects: VerifiedObject[]
}

export interface VerifiedObject {
  object: string
  kind: string
  verdict: Verdict
  rows?: number
  /** What differs, or why it could not be looked at. */
  detail?: string
}

/** What `status` returns: a run as its ledger in the target tells it. */
export interface StatusReport {
  target: Endpoint
  /** The source, described without secrets. */
  source: string
  startedAt: string
  /** `running` where a live session holds the run; `broken` where none does and steps are left. */
  state: 'running' | 'broken' | 'finished'
  steps: { total: number; done: number; failed: number; blocked: number; left: number }
  bytes: { total: number; done: number }
  failures: FailureReport[]
  blocked: BlockedReport[]
}
