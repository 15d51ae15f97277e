export { plan } from './plan.ts'

export { tableName } from './planning.ts'
export type { Plan, PlanFacts, PlanInput } from './planning.ts'
export { isAboutPublic, restoreWith } from './restore.ts'
export { rowsAreWanted, selectEntries } from './selection.ts'
export { STAGES } from './step-list.ts'
export type { PlannedStep, SqlWork, Work } from './work.ts'
