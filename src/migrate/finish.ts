import { readWriteCounters, writesBetween, type WriteCounters } from '../catalog/index.ts'
import { dropLedger, exportLedger, type RunLock, type RunOutcome } from '../engine/index.ts'
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
  const outcome = await run(migration, lock)
  // New sessions: a target that was restarted meanwhile has taken the old ones along.
  await using pair = await openPair(servers, signal)
  await closeRun(pair, outcome)

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
