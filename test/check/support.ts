import { expect } from 'vitest'
import { allChecks, openEnds, runChecks } from '../../src/check/index.ts'
import type { Check, Ends, EndsOptions } from '../../src/check/index.ts'
import { parseConnection } from '../../src/connection/index.ts'
import type { ConnectionInfo } from '../../src/connection/index.ts'
import type { CheckOutcome, Finding, MigrationPath } from '../../src/report/index.ts'

/** Where to look: connection strings, or databases of the test kit (their superuser then). */
export interface Where extends Pick<EndsOptions, 'sourceProvider' | 'targetProvider'> {
  source: string | { url: string }
  target?: string | { url: string }
  /** The major of the target where there is none. Default: 18. */
  to?: number
  /** Default: all of them. */
  paths?: readonly MigrationPath[]
}

export const ALL_PATHS: readonly MigrationPath[] = ['offline', 'online', 'files', 'roles']

/**
 * Runs one check on real databases, as `pgleap check` would, and returns what it said. Named by its id (then its
 * family has to be in src/check/all.ts) or given itself.
 */
export async function found(which: string | Check, where: Where): Promise<CheckOutcome> {
  const check = typeof which === 'string' ? allChecks.find(({ id }) => id === which) : which
  if (check === undefined) throw new Error('no check of this id in src/check/all.ts')
  await using ends = await endsOf(where)
  const [result] = await runChecks(ends, { checks: [check] })
  if (result === undefined) throw new Error('a check without a result')
  const { id: _id, title: _title, severity: _severity, paths: _paths, ...outcome } = result
  return outcome
}

/** The findings of a check that has to have some; fails with what it said instead. */
export async function findings(which: string | Check, where: Where): Promise<Finding[]> {
  const outcome = await found(which, where)
  expect(outcome).toMatchObject({ status: 'found' })
  return outcome.status === 'found' ? outcome.findings : []
}

/** Fails with what the check said unless it passed. */
export async function passes(which: string | Check, where: Where): Promise<void> {
  expect(await found(which, where)).toEqual({ status: 'passed' })
}

/** The ids of these checks that have findings or cannot tell; all of them look on the same sessions. */
export async function notSilent(checks: readonly Check[], where: Where): Promise<string[]> {
  await using ends = await endsOf(where)
  const results = await runChecks(ends, { checks })
  return results.filter(({ status }) => status === 'found' || status === 'unknown').map(({ id }) => id)
}

function endsOf(where: Where): Promise<Ends> {
  return openEnds({
    source: infoOf(where.source),
    target: where.target === undefined ? undefined : infoOf(where.target),
    to: where.to ?? 18,
    paths: where.paths ?? ALL_PATHS,
    sourceProvider: where.sourceProvider,
    targetProvider: where.targetProvider,
  })
}

function infoOf(end: string | { url: string }): ConnectionInfo {
  return parseConnection(typeof end === 'string' ? end : end.url)
}
