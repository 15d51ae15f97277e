import { isConnectionLost } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { findingsOf, type CheckOutcome, type CheckResult } from '../report/index.ts'
import type { Check, ProbeEnds } from './check.ts'

export interface RunOptions {
  checks: readonly Check[]
  /** Ids of checks that are not to be run; they are in the results as skipped. */
  skip?: ReadonlySet<string> | undefined
  onResult?: ((result: CheckResult) => void) | undefined
}

/**
 * Runs the checks one after another, and has a result for each. A check that cannot look is UNKNOWN with the reason. What an
 * earlier check has told already, a later one may leave out (`toldBy`): one fact, one finding.
 *
 * @throws PgleapError where a connection is lost or the signal is aborted: then nobody knows anything
 */
export async function runChecks(ends: ProbeEnds, options: RunOptions): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const check of options.checks) {
    const { id, title, severity, paths } = check
    const outcome = untold(check, await outcomeOf(check, ends, options.skip), results)
    const result: CheckResult = { id, title, severity, paths, ...outcome }
    results.push(result)
    options.onResult?.(result)
  }
  return results
}

async function outcomeOf(check: Check, ends: ProbeEnds, skip: ReadonlySet<string> | undefined): Promise<CheckOutcome> {
  stopIfAsked(ends.signal)
  if (skip?.has(check.id) === true) return { status: 'skipped', reason: 'skipped as asked' }
  if (!check.paths.some((path) => ends.pair.paths.has(path))) {
    return { status: 'skipped', reason: `concerns ${check.paths.join(' and ')} only` }
  }
  try {
    return await check.look(ends)
  } catch (error) {
    stopIfAsked(ends.signal)
    if (isConnectionLost(error) || ends.source.broken || ends.target?.broken === true) throw error
    return { status: 'unknown', reason: error instanceof Error ? error.message : String(error) }
  }
}

function untold(check: Check, outcome: CheckOutcome, before: readonly CheckResult[]): CheckOutcome {
  if (outcome.status !== 'found') return outcome
  const others = findingsOf(before)
  const findings = outcome.findings.filter((finding) => !others.some((other) => check.toldBy(finding, other)))
  return findings.length === 0 ? { status: 'passed' } : { ...outcome, findings }
}

function stopIfAsked(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  throw new PgleapError({
    code: 'run.interrupted',
    message: 'Stopped as asked, before all checks were done.',
    hint: 'Nothing was changed on either server.',
    party: 'interrupted',
    cause: signal.reason,
  })
}
