import type { Session } from '../../connection/index.ts'
import { flushLedger, readDone, runSteps, updateRun, type RunLock, type RunOutcome } from '../../engine/index.ts'
import { maintenanceSettings, reconnecting, watchIndexes } from '../../migrate/index.ts'
import type { RestoreWork } from '../../plan/index.ts'
import { sessionSettings } from './entry-restore.ts'
import { executor } from './executor.ts'
import type { Restoring } from './restoring.ts'
import { openWorker, type RestoreWorker } from './worker.ts'

/** Does the steps that the ledger does not hold as done. */
async function run(restoring: Restoring, lock: RunLock): Promise<RunOutcome<RestoreWork>> {
  const { files, target, ledger, definitions, jobs, log, signal } = restoring
  log.phase('run')
  await using watcher = await target.open('progress', signal)
  const settings = [
    await maintenanceSettings(watcher, jobs),
    ...sessionSettings(files.open.archive, files.manifest === undefined ? 'others' : 'pgleap'),
  ]
  await using _watch = watchIndexes(watcher, log.emit)
  return await runSteps<RestoreWork, RestoreWorker>({
    runId: ledger.run.id,
    steps: ledger.steps,
    done: ledger.done.keys(),
    jobs,
    lock,
    openWorker: (inner) => openWorker(target, settings, inner),
    prepare: executor({ files, definitions }),
    emit: log.emit,
    signal,
  })
}

/**
 * Runs until what the ledger holds as done is on the target's disk: workers commit asynchronously, and a target that
 * crashes after the last step and before the flush has lost steps together with their records, which are then run again.
 */
export async function runAndFlush(restoring: Restoring, lock: RunLock): Promise<RunOutcome<RestoreWork>> {
  const { target, ledger, signal } = restoring
  for (;;) {
    const outcome = await run(restoring, lock)
    const done = await reconnecting(restoring, async () => {
      await using session = await target.open('flush', signal)
      await closeRun(session, outcome)
      return await readDone(session)
    })
    if (done.size + outcome.failed.length + outcome.blocked.length >= ledger.steps.length) return outcome
    ledger.done = done
  }
}

async function closeRun(session: Session, outcome: RunOutcome<RestoreWork>): Promise<void> {
  const isWhole = outcome.failed.length === 0 && outcome.blocked.length === 0
  await updateRun(session, { state: isWhole ? 'done' : 'partial' })
  await flushLedger(session)
}
