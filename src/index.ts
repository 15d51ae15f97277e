// The public API: each call takes one options object, reports events, and stops when its signal is aborted.
export { checkServers as check } from './check/index.ts'
export type { CheckOptions } from './check/index.ts'
export { EXIT_CODES, PgleapError } from './errors.ts'
export type { Party, PgleapErrorFields } from './errors.ts'
export { convert, dump, formOf, list, restore, restoreScript, verifyFiles } from './files/index.ts'
export type {
  ConvertOptions,
  ConvertResult,
  DumpOptions,
  ListOptions,
  RestoreOptions,
  RestoreScriptOptions,
  VerifyFilesOptions,
} from './files/index.ts'
export { roles } from './globals/index.ts'
export type { RolesOptions } from './globals/index.ts'
export { migrate, plan, resume, status, verify } from './migrate/index.ts'
export type {
  Choices,
  CommonOptions,
  MigrateOptions,
  PlanOptions,
  ResumeOptions,
  StatusOptions,
  VerifyOptions,
} from './migrate/index.ts'
export { online } from './online/index.ts'
export type {
  OnlineAbortOptions,
  OnlineFinishOptions,
  OnlineMoveOptions,
  OnlinePlanOptions,
  OnlineStartOptions,
  OnlineStatusOptions,
  OnlineSwitchOptions,
  OnlineSyncSchemaOptions,
  OnlineWatchOptions,
} from './online/index.ts'
export { rehearse } from './rehearse/index.ts'
export type { RehearseOptions } from './rehearse/index.ts'
export { fromPigsty, runbook } from './runbook/index.ts'
export type { FromPigstyOptions, PigstyTask, RunbookOptions } from './runbook/index.ts'
export { migrateServer, restoreServer, resumeServer, statusServer } from './server/index.ts'
export type {
  MigrateServerOptions,
  RestoreServerOptions,
  ResumeServerOptions,
  StatusServerOptions,
} from './server/index.ts'
export type {
  ArchiveListing,
  CheckOutcome,
  CheckReport,
  CheckResult,
  CheckVerdict,
  DatabaseReport,
  DatabaseStatus,
  DumpedDatabase,
  DumpReport,
  EmitEvent,
  Event,
  Finding,
  Fix,
  MigrationPath,
  OnlineEndReport,
  OnlineStatusReport,
  Phase,
  PlanReport,
  Prediction,
  RehearsalFailure,
  RehearsalReport,
  RehearsalVerdict,
  RestoreReport,
  RolesReport,
  RunReport,
  ServerReport,
  ServerStatusReport,
  RunbookReport,
  ScriptReport,
  Severity,
  StatusReport,
  StepRef,
  Verdict,
  VerifyFilesReport,
  VerifyReport,
  WaiverReport,
} from './report/index.ts'
