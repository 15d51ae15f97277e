export { findingsOf, openFindings, SEVERITIES, verdictOf } from './check-report.ts'
export type { CheckReport, CheckVerdict, WaiverReport } from './check-report.ts'
export { checkText } from './check-text.ts'
export type { DumpedDatabase, DumpReport } from './dump-report.ts'
export { dumpText } from './dump-text.ts'
export { errorText } from './error-text.ts'
export type { EmitEvent, Event, Phase, StepRef, Verdict } from './events.ts'
export type { CheckOutcome, CheckResult, Finding, Fix, MigrationPath, Severity } from './findings.ts'
export { fixScript } from './fix-sql.ts'
export { fixText } from './fix-text.ts'
export { jsonLine } from './json-lines.ts'
export type { OutputLine } from './json-lines.ts'
export { junitXml } from './junit.ts'
export type { ArchiveListing, ListedEntry } from './listing.ts'
export { listingText } from './listing-text.ts'
export { liveView } from './live-view.ts'
export type {
  ApplyReport,
  BlockReport,
  ForecastReport,
  LagReport,
  Leftover,
  NoOnlineMigrationReport,
  OnlineEndReport,
  OnlineMigrationReport,
  OnlineSideReport,
  OnlineStatusReport,
  SlotReport,
} from './online-report.ts'
export { onlineStartText, onlineSwitchText } from './online-switch-text.ts'
export { onlineEndText, onlineStatusText } from './online-text.ts'
export { onlinePlanText, schemaSyncText } from './online-plan.ts'
export type { OnlinePlannedTable, OnlinePlanReport, SchemaSyncReport } from './online-plan.ts'
export { planText } from './plan-text.ts'
export { eventLine, initialLines, plainLines } from './plain-lines.ts'
export { redactData, redactor, secretsOf } from './redact.ts'
export type { Redact } from './redact.ts'
export type {
  BlockedReport,
  Endpoint,
  FailureReport,
  NoticeReport,
  PhaseTiming,
  PlannedStepReport,
  PlannedTable,
  PlanReport,
  RunReport,
  RunVerdict,
  SourceWrites,
  StatusReport,
  StepReport,
  TableReport,
  VerifiedObject,
  VerifyReport,
} from './result.ts'
export type {
  BodiesReport,
  PredictedTable,
  Prediction,
  PredictionOutcome,
  RehearsalFailure,
  RehearsalReport,
  RehearsalVerdict,
  SpaceReport,
} from './rehearsal-report.ts'
export type { ArchiveReport, RestoreReport, VerifyFilesReport } from './restore-report.ts'
export { rehearsalText } from './rehearsal-text.ts'
export type { RefusedRoleChange, RoleChangeReport, RoleDifferenceReport, RolesReport } from './roles-report.ts'
export { rolesText } from './roles-text.ts'
export type {
  DatabaseError,
  DatabaseReport,
  DatabaseState,
  DatabaseStatus,
  LeftOutDatabase,
  ServerReport,
  ServerStatusReport,
} from './server-report.ts'
export { serverStatusText, serverText } from './server-text.ts'
export type { RunbookReport } from './runbook-report.ts'
export { runbookText } from './runbook-text.ts'
export { advance, initialState } from './state.ts'
export type { ViewState } from './state.ts'
export { sarifLog } from './sarif.ts'
export { statusText } from './status-text.ts'
export type { MessageSort, ScriptError, ScriptMessage, ScriptOutcome, ScriptReport } from './script-report.ts'
export { scriptText } from './script-text.ts'
export { restoreText, verifyFilesText } from './restore-text.ts'
export { summaryText } from './summary.ts'
export { reportPrinter } from './write.ts'
export { plain, styleFor } from './text.ts'
export type { Style } from './text.ts'
export { verifyText } from './verify-text.ts'
