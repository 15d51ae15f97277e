import { assertNotReplaced } from '../catalog/index.ts'
import { identifyServer } from '../connection/index.ts'
import type { CopySpec } from '../copy/index.ts'
import { exportLedger, readDone, type RunLock, type RunOutcome } from '../engine/index.ts'
import type { Work } from '../plan/index.ts'
import type { Endpoint, RunReport, SourceWrites } from '../report/index.ts'
import type { VerifyResult } from '../verify/index.ts'
import { endRun } from './end-run.ts'
import type { Migration } from './migration.ts'
import { compare } from './proof.ts'
import { reconnecting } from './reconnecting.ts'
import { runReport } from './run-report.ts'
import { closeRun, run } from './run.ts'
import { endpoint, openPair, type Pair } from './servers.ts'
import { noteWrites, noteWritesUnknown, writesSince } from './source-writes.ts'

/** The run from its ledger to its verdict: what `migrate` and `resume` have in common. */
export async function finish(migration: Migration, lock: RunLock): Promise<RunReport> {
  const { servers, log, signal, notes } = migration
  const tables = migration.ledger.steps.flatMap(({ work }) => (work.kind === 'copy' ? [work] : []))
  const outcome = await runAndFlush(migration, lock)
  const { verify } = notes.choices
  const proof =
    verify === 'none' ? undefined : await reconnecting(migration, () => certainly(migration, verify, tables))
  log.phase('finish')
  const counted = await reconnecting(migration, async () => {
    await using source = await servers.openSource('control', signal)
    if ((await identifyServer(source)).recovering) return undefined
    return await writesSince(source, notes.writes)
  })
  const sourceWrites = counted ?? []
  if (counted === undefined) noteWritesUnknown(log)
  noteWrites(sourceWrites, 'snapshot', log)
  const report = await reconnecting(migration, async () => {
    await using pair = await openPair(servers, signal)
    return await closingReport(migration, pair, { outcome, proof, sourceWrites })
  })
  await reconnecting(migration, async () => migration.onReport?.(report))
  await endRun(report, { log, signal, openTarget: () => servers.openTarget('control', signal) })
  return { ...report, phases: log.phases }
}

/** A table whose reader was lost is UNKNOWN to the verifier; here that is a reason to compare again. */
async function certainly(
  migration: Migration,
  mode: 'full' | 'counts',
  tables: readonly CopySpec[],
): Promise<VerifyResult> {
  const { snapshot, signal } = migration
  // Finds out whether the moment can still be read, and holds it, should its keeper be lost.
  await using held = await snapshot.openReader(signal)
  // What was truncated while there was no keeper looks empty on both sides.
  if (snapshot.keeperWasReplaced) await assertNotReplaced(held, tables)
  const result = await compare(migration, mode)
  if (result.verdict === 'UNKNOWN' && result.lost !== undefined) throw result.lost
  return result
}

/**
 * Runs until what the ledger holds as done is on the target's disk. The workers commit asynchronously: a target that
 * crashes after the last step and before the flush has lost steps together with their records, and they are run again.
 */
async function runAndFlush(migration: Migration, lock: RunLock): Promise<RunOutcome<Work>> {
  const { servers, ledger, signal } = migration
  for (;;) {
    const outcome = await run(migration, lock)
    const done = await reconnecting(migration, async () => {
      await using target = await servers.openTarget('flush', signal)
      await closeRun(target, outcome)
      return await readDone(target)
    })
    if (done.size + outcome.failed.length + outcome.blocked.length >= ledger.steps.length) {
      // The comparison needs the room: steps can be more than 100,000, and the target's ledger has them for the report.
      ledger.steps = []
      return outcome
    }
    ledger.done = done
  }
}

interface Outcome {
  outcome: RunOutcome<Work>
  proof: VerifyResult | undefined
  sourceWrites: SourceWrites[]
}

async function closingReport(migration: Migration, pair: Pair, parts: Outcome): Promise<RunReport> {
  const { servers, log, notes, snapshot } = migration
  const ends: { source: Endpoint; target: Endpoint } = {
    source: endpoint(servers.source, pair.source),
    target: endpoint(servers.target, pair.target),
  }
  return runReport({
    ...ends,
    ...parts,
    log,
    choices: notes.choices,
    snapshot: snapshot.identity,
    ledger: await exportLedger(pair.target),
  })
}
