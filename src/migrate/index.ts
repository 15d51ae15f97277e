export { entryOptions, chosen, assertSameChoices } from './choices.ts'
export type { Chosen } from './choices.ts'
export {
  closesDatabase,
  createDatabase,
  databasePropertiesSql,
  databaseRoles,
  dropDatabase,
  isAsCreated,
} from './database.ts'
export type { DatabasePropertyOptions } from './database.ts'
export { withoutQuotedSecrets } from './hidden-words.ts'
export { openStatements, runDefinition } from './definition-steps.ts'
export { endRun } from './end-run.ts'
export { copyAtSlot } from './copy-at-slot.ts'
export type { CopyAtSlotOptions } from './copy-at-slot.ts'
export { copyTheRest } from './copy-the-rest.ts'
export type { TableToBring } from './copy-the-rest.ts'
export { migrate, migrateBetween } from './migrate.ts'
export { watchIndexes } from './index-progress.ts'
export type { LargerRun } from './migration.ts'
export type { Choices, CommonOptions, MigrateOptions, PlanOptions, ResumeOptions } from './options.ts'
export { DEFAULT_JOBS } from './options.ts'
export { plan } from './plan.ts'
export { copyForRehearsal } from './rehearsal-copy.ts'
export type { RehearsalCopy } from './rehearsal-copy.ts'
export { resume } from './resume.ts'
export { cutTables, dumpSource, quotingFor, takeSnapshot } from './read-source.ts'
export { readPrediction } from './prediction.ts'
export { preflight } from './preflight.ts'
export {
  assertEmpty,
  assertExtensionsAvailable,
  assertRolesExist,
  assertTablespacesExist,
  userObjects,
} from './preconditions.ts'
export { noteOwners } from './prepare.ts'
export { providerNotices } from './provider-notices.ts'
export {
  databaseOf,
  readRules,
  reservedSchemas,
  tablesOutside,
  targetArchive,
  withExtensionSchemas,
  withOwners,
  withoutSchemas,
} from './providers.ts'
export type { Providers } from './providers.ts'
export { PUBLIC_CREATE } from './public-schema.ts'
export { noteWrites, writesSince } from './source-writes.ts'
export { reconnecting } from './reconnecting.ts'
export { RunLog } from './run-log.ts'
export { commonReport } from './run-report.ts'
export { endpoint, openSession, serversAt } from './servers.ts'
export { withoutSecrets } from './source-string.ts'
export { status, statusAt } from './status.ts'
export type { StatusOptions } from './status.ts'
export { maintenanceSettings } from './target-memory.ts'
export { verify } from './verify.ts'
export type { VerifyOptions } from './verify.ts'
export { pgleapVersion } from './version.ts'
