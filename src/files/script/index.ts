export { restoreScript } from './restore-script.ts'
export type { RestoreScriptOptions } from './restore-script.ts'
export type { ScriptReport } from '../../report/index.ts'
