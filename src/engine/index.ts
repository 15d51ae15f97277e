export { findLedger } from './ledger-checks.ts'
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
export { createLedger, openLedger, readDone } from './ledger.ts'
export type { DoneStep, FailedStep, Ledger, NewRun, RunRecord, RunState } from './ledger.ts'
export { DEFAULT_RETRY, Retries, SYSTEM_CLOCK } from './retry.ts'
export type { Clock, RetryPolicy } from './retry.ts'
export { endWorker, lockHolder, markWorker, RunLock } from './run-lock.ts'
export { runSteps } from './run.ts'
export type { RunOutcome, RunStepsOptions } from './run.ts'
export { Schedule } from './schedule.ts'
export type { BatchLimit, Piece, ScheduleOptions } from './schedule.ts'
export type { Lock, Step, StepResult } from './step.ts'
export type { Prepare, Prepared, TaskContext, Worker } from './worker.ts'
