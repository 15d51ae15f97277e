export type { KindProgress, ExportedStep, Progress } from './ledger-reports.ts'
export { exportLedger, readProgress } from './ledger-reports.ts'
export {
  clearFailures,
  doneSql,
  dropLedger,
  flushLedger,
  invalidate,
  recordFailures,
  updateRun,
} from './ledger-writes.ts'
export { createLedger, openLedger, readDone, readFailures } from './ledger.ts'
export type { DoneStep, FailedStep, Ledger, NewRun, RunRecord, RunState } from './ledger.ts'
export { planHash } from './plan-hash.ts'
export { DEFAULT_RETRY } from './retry.ts'
export type { Clock, RetryPolicy } from './retry.ts'
export { RunLock } from './run-lock.ts'
export { runSteps } from './run.ts'
export type { RunOutcome, RunStepsOptions } from './run.ts'
export { DEFAULT_BATCH, Schedule } from './schedule.ts'
export type { BatchLimit, Piece, ScheduleOptions } from './schedule.ts'
export type { Lock, Step, StepResult } from './step.ts'
export type { Prepare, Prepared, TaskContext, Worker } from './worker.ts'
