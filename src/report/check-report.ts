import type { CheckResult, Finding, MigrationPath, Severity } from './findings.ts'
import type { Endpoint } from './result.ts'

/** What `check` returns: every check's result, and what they mean together. Plain data without secrets. */
export interface CheckReport {
  source: Endpoint & { provider: string }
  /** Undefined where only its major was named. */
  target: (Endpoint & { provider: string }) | undefined
  /** The target's major. */
  to: number
  paths: readonly MigrationPath[]
  /** ISO 8601, UTC. */
  startedAt: string
  ms: number
  verdict: CheckVerdict
  /** One for each check that there is, in the order of the catalogue; findings that a waiver silences are in here, too. */
  results: readonly CheckResult[]
  waivers: readonly WaiverReport[]
}

/**
 * BLOCKED: a finding that is not waived has the severity `block`. UNKNOWN: none has, but a check that may block could
 * not look. READY: nothing stands in the way of a start; errors and warnings may still want a decision.
 */
export type CheckVerdict = 'READY' | 'BLOCKED' | 'UNKNOWN'

/** One waiver of the file, and whether it did anything. */
export interface WaiverReport {
  id: string
  object?: string
  reason: string
  /** The last day on which it counts: `2026-12-31`. */
  until: string
  /** Where it stands in its file. */
  line: number
  /** Findings that match it. */
  matches: number
  state: 'used' | 'expired' | 'unused'
}

export function verdictOf(results: readonly CheckResult[]): CheckVerdict {
  if (openFindings(results).some(({ severity }) => severity === 'block')) return 'BLOCKED'
  const blind = results.some(({ status, severity }) => status === 'unknown' && severity === 'block')
  return blind ? 'UNKNOWN' : 'READY'
}

/** The findings that no waiver silences. */
export function openFindings(results: readonly CheckResult[]): Finding[] {
  return findingsOf(results).filter(({ waived }) => waived === undefined)
}

export function findingsOf(results: readonly CheckResult[]): Finding[] {
  return results.flatMap((result) => (result.status === 'found' ? result.findings : []))
}

/** From what stops everything to what is good to know. */
export const SEVERITIES: readonly Severity[] = ['block', 'error', 'warning', 'info']
