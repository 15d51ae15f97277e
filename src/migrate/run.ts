import type { Session } from '../connection/index.ts'
import { flushLedger, runSteps, updateRun, type RunLock, type RunOutcome } from '../engine/index.ts'
import type { Work } from '../plan/index.ts'
import { executor } from './executor.ts'
import { watchIndexes } from './index-progress.ts'
import type { Migration } from './migration.ts'
import { withOwners } from './providers.ts'
import { maintenanceSettings } from './target-memory.ts'
import { openWorker, type MigrationWorker } from './worker.ts'

/** Does the steps that the ledger does not hold as done, up to a stage where one is named. */
export async function run(migration: Migration, lock: RunLock, lastStage?: number): Promise<RunOutcome<Work>> {
  const { servers, snapshot, ledger, notes, definitions, jobs, log, signal } = migration
  log.phase('run')
  await using watcher = await servers.openTarget('progress', signal)
  const settings = await maintenanceSettings(watcher, jobs)
  await using _watch = watchIndexes(watcher, log.emit)
  return await runSteps<Work, MigrationWorker>({
    runId: ledger.run.id,
    steps: ledger.steps,
    done: ledger.done.keys(),
    jobs,
    lock,
    openWorker: (inner) => openWorker(servers, snapshot, settings, inner),
    prepare: executor({ choices: withOwners(notes.choices, notes.owners ?? {}), definitions, log }),
    emit: log.emit,
    signal,
    lastStage,
  })
}

/** Writes down how the run ended, and makes everything that it did survive a crash of the target. */
export async function closeRun(target: Session, outcome: RunOutcome<Work>): Promise<void> {
  const isWhole = outcome.failed.length === 0 && outcome.blocked.length === 0
  await updateRun(target, { state: isWhole ? 'done' : 'partial' })
  await flushLedger(target)
}
