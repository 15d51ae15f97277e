// The public API: each call takes one options object, reports events, and stops when its signal is aborted.
export { EXIT_CODES, PgleapError } from './errors.ts'
export type { Party, PgleapErrorFields } from './errors.ts'
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
export type {
  EmitEvent,
  Event,
  Phase,
  PlanReport,
  RunReport,
  StatusReport,
  StepRef,
  Verdict,
  VerifyReport,
} from './report/index.ts'
