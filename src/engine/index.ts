export type { Lock, Step, StepResult } from './step.ts'
