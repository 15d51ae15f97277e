export { Definitions } from './definitions.ts'
export type { DatabaseStatement } from './definitions.ts'
export { plan } from './plan.ts'
export { planRestore } from './restore-plan.ts'
export type { RestorePlan, RestorePlanInput } from './restore-planning.ts'
export { loadsViaRoot } from './via-root.ts'

export { describe, tableName } from './planning.ts'
export type { Plan, PlanFacts, PlanInput } from './planning.ts'
export {
  entriesNaming,
  followProviders,
  grantsIn,
  isOfEither,
  isOutOfReach,
  isTheirs,
  schemasOfExtensions,
} from './provider-rules.ts'
export type { Omission, OmissionReason, Provided, ProviderRules } from './provider-rules.ts'
export { referencedFirst } from './reference-order.ts'
export type { References } from './reference-order.ts'
export { isAboutPublic, restoreWith } from './restore.ts'
export type { Restore } from './restore.ts'
export { rowsStayBehind } from './rows-behind.ts'
export { rowsAreWanted, selectEntries } from './selection.ts'
export type { Selection } from './selection.ts'
export { STAGES } from './step-list.ts'
export type { DefinitionWork, EntryDataWork, PlannedStep, RestoreWork, SqlWork, Work } from './work.ts'
