export { restore, restoreDatabase } from './restore.ts'
export { verifyFiles } from './verify-files.ts'
export type { RestoreChoices, RestoreOptions, VerifyFilesOptions } from './options.ts'
