import { isConnectionLost } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import type { CheckOutcome, CheckResult } from '../report/index.ts'
import type { Check, ProbeEnds } from './check.ts'

export interface RunOptions {
  checks: readonly Check[]
  /** Ids of checks that are not to be run; they are in the results as skipped. */
  skip?: ReadonlySet<string> | undefined
  onResult?: ((result: CheckResult) => void) | undefined
}

/**
 * Runs the checks one after another, and has a result for each. A check that cannot look is UNKNOWN with the reason.
 *
 * @throws PgleapError where a connection is lost or the signal is aborted: then nobody knows anything
 */
export async function runChecks(ends: ProbeEnds, options: RunOptions): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const check of options.checks) {
    const { id, title, severity, paths } = check
    const result: CheckResult = { id, title, severity, paths, ...(await outcomeOf(check, ends, options.skip)) }
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
