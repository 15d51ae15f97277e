import type { CheckVerdict } from './check-report.ts'
import type { PlanReport } from './result.ts'

/** What `plan --runbook` returns: what was written, and what it recommends. Plain JSON without secrets. */
export interface RunbookReport {
  folder: string
  /** Names of the files in the folder, in the order in which they are to be read. */
  files: string[]
  /** The way that the runbook describes. */
  way: 'offline' | 'online'
  recommendation: { way: 'offline' | 'online'; reasons: string[] }
  allowedPauseMs: number
  /** How long an offline run stops writes, in milliseconds. */
  offlineMs: { likely: number; high: number; basis: 'plan' | 'rehearsal' }
  writes: { rowsPerSecond: number; walBytesPerSecond: number; sampledMs: number }
  /** Of a check of that way. */
  check: CheckVerdict
  plan: Omit<PlanReport, 'tables' | 'steps'> & { tables: number; steps: number }
}
