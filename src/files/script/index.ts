export { restoreScript } from './restore-script.ts'
export type { RestoreScriptOptions } from './restore-script.ts'
export type { MessageSort, ScriptError, ScriptMessage, ScriptOutcome, ScriptReport } from './report.ts'
