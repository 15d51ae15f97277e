export { dump } from './dump/dump.ts'
export type { DumpedDatabase, DumpOptions, DumpReport } from './dump/options.ts'
export { restoreScript } from './script/index.ts'
export type {
  MessageSort,
  RestoreScriptOptions,
  ScriptError,
  ScriptMessage,
  ScriptOutcome,
  ScriptReport,
} from './script/index.ts'
