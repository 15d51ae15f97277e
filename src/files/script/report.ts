export type { MessageSort, ScriptError, ScriptMessage, ScriptOutcome, ScriptReport } from '../../report/index.ts'
