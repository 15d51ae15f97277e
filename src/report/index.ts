export type { EmitEvent, Event, Phase, StepRef, Verdict } from './events.ts'
