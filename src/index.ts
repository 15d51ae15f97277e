export { EXIT_CODES, PgleapError } from './errors.ts'
export type { Party, PgleapErrorFields } from './errors.ts'
export type { EmitEvent, Event, Phase, StepRef, Verdict } from './report/index.ts'
