import { parseConnection, type ConnectionInfo } from '../connection/index.ts'
import { openLedger, readProgress } from '../engine/index.ts'
import type { Work } from '../plan/index.ts'
import { PgleapError } from '../errors.ts'
import type { StatusReport } from '../report/index.ts'
import type { CommonOptions } from './options.ts'
import { endpoint, openSession } from './servers.ts'

export interface StatusOptions extends CommonOptions {
  target: string
}

/**
 * Where the run in the target's ledger stands, whether a process works on it now or not. Changes nothing.
 * @throws PgleapError `status.nothing` where there is no ledger
 */
export async function status({ target, signal }: StatusOptions): Promise<StatusReport> {
  return statusAt(parseConnection(target), signal)
}

export async function statusAt(info: ConnectionInfo, signal: AbortSignal | undefined): Promise<StatusReport> {
  await using session = await openSession(info, 'target', 'status', signal)
  const progress = await readProgress(session)
  const ledger = await openLedger<Work>(session)
  if (progress === undefined || ledger === undefined) {
    throw new PgleapError({
      code: 'status.nothing',
      message: `There is no run in ${info.describe()}: none was started, or it is finished and its ledger dropped.`,
      hint: 'Start one with "pgleap migrate SOURCE TARGET".',
      party: 'usage',
    })
  }
  const left = ledger.steps.length - ledger.done.size
  return {
    target: endpoint(info, session),
    source: ledger.run.source['describe'] ?? 'unknown',
    startedAt: ledger.run.startedAt.toISOString(),
    state: progress.workedOnBy !== undefined ? 'running' : left > 0 ? 'broken' : 'finished',
    steps: {
      total: ledger.steps.length,
      done: ledger.done.size,
      left,
      failed: ledger.failures.length,
      ...blockedBy(ledger),
    },
    bytes: {
      total: progress.kinds.reduce((sum, kind) => sum + kind.bytes, 0),
      done: progress.kinds.reduce((sum, kind) => sum + kind.bytesDone, 0),
    },
    ...failuresOf(ledger),
  }
}

type RunLedger = NonNullable<Awaited<ReturnType<typeof openLedger<Work>>>>

function failuresOf(ledger: RunLedger): Pick<StatusReport, 'failures' | 'blocked'> {
  const label = (id: number) => ledger.steps[id - 1]?.label ?? `step ${String(id)}`
  return {
    failures: ledger.failures.map(({ step, code, message, sqlstate }) => ({
      label: label(step),
      code,
      message,
      ...(sqlstate === undefined ? {} : { sqlstate }),
    })),
    blocked: [...blockers(ledger)].map(([step, by]) => ({ label: label(step), by: label(by) })),
  }
}

function blockedBy(ledger: RunLedger): { blocked: number } {
  return { blocked: blockers(ledger).size }
}

/** Steps that depend on one that has failed, directly or not, with that one. Plans list a step after what it depends on. */
function blockers({ steps, failures, done }: RunLedger): Map<number, number> {
  const failed = new Set(failures.map(({ step }) => step))
  const blocked = new Map<number, number>()
  for (const { id, dependsOn } of steps) {
    if (done.has(id) || failed.has(id)) continue
    for (const needed of dependsOn) {
      const by = failed.has(needed) ? needed : blocked.get(needed)
      if (by !== undefined) blocked.set(id, by)
    }
  }
  return blocked
}
