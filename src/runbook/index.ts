export type { RunbookOptions } from './options.ts'
export { fromPigsty } from './pigsty.ts'
export type { FromPigstyOptions, PigstyTask } from './pigsty.ts'
export { runbook } from './runbook.ts'
