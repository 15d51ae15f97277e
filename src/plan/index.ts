export type { CopyWork, Part, PlannedStep, SequenceRef, SqlWork, Work } from './work.ts'
