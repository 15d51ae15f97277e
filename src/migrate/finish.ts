import { readWriteCounters, writesBetween, type WriteCounters } from '../catalog/index.ts'
import { dropLedger, exportLedger, readDone, type RunLock, type RunOutcome } from '../engine/index.ts'
import type { Work } from '../plan/index.ts'
import type { Endpoint, RunReport, SourceWrites } from '../report/index.ts'
import type { VerifyResult } from '../verify/index.ts'
import type { Migration } from './migration.ts'
import { compare } from './proof.ts'
import { runReport } from './run-report.ts'
import { closeRun, run } from './run.ts'
import { endpoint, openPair, type Pair } from './servers.ts'

/** The run from its ledger to its verdict: what `migrate` and `resume` have in common. */
export async function finish(migration: Migration, lock: RunLock): Promise<RunReport> {
  const { servers, log, signal, notes } = migration
  const outcome = await runAndFlush(migration, lock)
  // New sessions: a target that was restarted meanwhile has taken the old ones along.
  await using pair = await openPair(servers, signal)

  const proof = notes.choices.verify === 'none' ? undefined : await compare(migration, notes.choices.verify)
  log.phase('finish')
  const sourceWrites = await writesSince(pair, notes.writes, migration)
  const report = await closingReport(migration, pair, { outcome, proof, sourceWrites })
  // With failures, the ledger stays: resume tries them again.
  if (report.failures.length === 0) await dropLedger(pair.target)
  log.emit({
    type: 'finished',
    at: Date.now(),
    ms: report.ms,
    verdict: report.verdict,
    failures: report.failures.length,
  })
  return { ...report, phases: log.phases }
}

/**
 * Runs until what the ledger holds as done is on the target's disk. The workers commit asynchronously: a target that
 * crashes after the last step and before the flush has lost steps together with their records, and they are run again.
 */
async function runAndFlush(migration: Migration, lock: RunLock): Promise<RunOutcome<Work>> {
  const { servers, ledger, signal } = migration
  for (;;) {
    const outcome = await run(migration, lock)
    await using target = await servers.openTarget('flush', signal)
    await closeRun(target, outcome)
    const done = await readDone(target)
    if (done.size + outcome.failed.length + outcome.blocked.length >= ledger.steps.length) return outcome
    ledger.done = done
  }
}

/** Rows that were written to the source after the snapshot are not on the target: whoever goes on must know. */
async function writesSince(pair: Pair, before: WriteCounters, { log }: Migration): Promise<SourceWrites[]> {
  const writes = writesBetween(before, await readWriteCounters(pair.source))
  if (writes.found !== 'tables') return []
  const tables = writes.tables.map(({ schema, name, rows }) => ({ table: `${schema}.${name}`, rows }))
  const names = tables.map(({ table }) => table)
  log.notice({
    level: 'warning',
    code: 'source.written',
    message: `The source was written to after the snapshot: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' and more' : ''}. Those rows are not on the target.`,
    hint: 'Stop the writers and migrate anew, or carry those rows over yourself.',
  })
  return tables
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
