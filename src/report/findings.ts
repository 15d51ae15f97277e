/**
 * What a preflight says (D9, D10): plain data without secrets. Printers turn it into text, JSON, SARIF and JUnit.
 */
export type Severity = 'block' | 'error' | 'warning' | 'info'

/** The ways to migrate that a check concerns; `roles` is a whole server's roles and settings. */
export type MigrationPath = 'offline' | 'online' | 'files' | 'roles'

/** How to mend what a finding names. */
export type Fix =
  /** Exact SQL for one side; `undo` takes it back, where that can be said. */
  | { kind: 'sql'; side: 'source' | 'target'; sql: string; undo?: string }
  /** A server parameter, by the name that this provider's console gives it. */
  | { kind: 'parameter'; side: 'source' | 'target'; name: string; value: string; needs: 'restart' | 'reload' }
  /** What a person has to do or decide. */
  | { kind: 'advice'; text: string }

/** One fact that a check reports. */
export interface Finding {
  /** The check's stable id, for example `S01`. */
  id: string
  severity: Severity
  /** The object that it is about, as a person writes it: `public.orders`, `role app`; waivers match it. */
  object?: string
  /** One or two sentences: what is the case, and what that means for this pair of versions. */
  message: string
  fix?: Fix
  /** Why a waiver file says that this one does not count, and until when (`2026-12-31`, the last day). */
  waived?: { reason: string; until: string }
}

export type CheckOutcome =
  | { status: 'passed' }
  | { status: 'found'; findings: Finding[] }
  /** It could not look; never taken for passed. */
  | { status: 'unknown'; reason: string }
  /** It does not concern this pair, or needs the target where only its version is known. */
  | { status: 'skipped'; reason: string }

/** One check of a run: what it is, and what it said. `severity` is what its findings have unless one says otherwise. */
export type CheckResult = {
  id: string
  title: string
  severity: Severity
  paths: readonly MigrationPath[]
} & CheckOutcome
