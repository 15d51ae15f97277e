import type { exportLedger, RunOutcome } from '../engine/index.ts'
import type { Endpoint, FailureReport, RunReport, RunVerdict, SourceWrites, TableReport } from '../report/index.ts'
import { verifiedObjects } from '../verify/index.ts'
import type { VerifyResult } from '../verify/index.ts'
import type { Chosen } from './choices.ts'
import type { RunLog } from './run-log.ts'

type ExportedLedger = Awaited<ReturnType<typeof exportLedger>>
type ExportedStep = ExportedLedger['steps'][number]

export interface RunReportParts extends CommonParts {
  source: Endpoint
  snapshot: string
}

/** What the report of a run is made of, wherever its data came from. */
export interface CommonParts {
  target: Endpoint
  ledger: ExportedLedger
  outcome: RunOutcome
  proof: VerifyResult | undefined
  sourceWrites: SourceWrites[]
  choices: Chosen
  log: RunLog
}

/** Puts the report together: the ledger knows every step of every process that worked on the run. */
export function runReport(parts: RunReportParts): RunReport {
  return { source: parts.source, snapshot: parts.snapshot, ...commonReport(parts) }
}

export function commonReport(parts: CommonParts): Omit<RunReport, 'source' | 'snapshot'> {
  const { ledger, outcome, proof, log, choices } = parts
  const started = ledger.run.startedAt.getTime()
  const done = ledger.steps.flatMap((step) => (step.done === undefined ? [] : [{ step, done: step.done }]))
  return {
    target: parts.target,
    startedAt: ledger.run.startedAt.toISOString(),
    ms: Date.now() - log.startedAt,
    verdict: verdictOf(parts),
    options: Object.fromEntries(Object.entries(choices).filter(([, value]) => !isDefault(value))),
    phases: log.phases,
    tables: tableReports(ledger, proof),
    steps: done.map(({ step, done: { finishedAt, ms, bytes, rows } }) => ({
      id: step.id,
      kind: step.kind,
      label: step.label,
      ...(step.table === undefined ? {} : { table: step.table }),
      startMs: new Date(finishedAt).getTime() - ms - started,
      ms,
      bytes,
      rows,
    })),
    failures: outcome.failed.map(({ step }) => failureOf(step.label, ledger.steps[step.id - 1])),
    blocked: outcome.blocked.map((step) => ({ label: step.label, by: blockerOf(step.id, outcome) })),
    differences: proof === undefined ? [] : verifiedObjects(proof).filter(({ verdict }) => verdict !== 'SAME'),
    notices: log.notices,
    sourceWrites: parts.sourceWrites,
  }
}

/** SAME needs all of the run: a table that could not be made is nothing that a comparison would overlook. */
function verdictOf({ proof, outcome }: CommonParts): RunVerdict {
  if (proof === undefined) return 'SKIPPED'
  return proof.verdict === 'SAME' && outcome.failed.length > 0 ? 'DIFFERENT' : proof.verdict
}

function isDefault(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  return value === 'keep' || value === 'full' || value === null || JSON.stringify(value) === '{}'
}

function tableReports(ledger: ExportedLedger, proof: VerifyResult | undefined): TableReport[] {
  const reports = new Map<string, TableReport>()
  const verdicts = new Map(proof?.tables.map((table) => [table.object, table]))
  const reportOf = (table: string): TableReport => {
    const known = reports.get(table)
    if (known !== undefined) return known
    const { verdict = proof === undefined ? 'SKIPPED' : 'UNKNOWN', detail } = verdicts.get(table) ?? {}
    const report: TableReport = {
      table,
      bytes: 0,
      rows: 0,
      copyMs: 0,
      indexMs: 0,
      verdict,
      ...(detail === undefined ? {} : { detail }),
    }
    reports.set(table, report)
    return report
  }
  for (const { object } of proof?.tables ?? []) reportOf(object)
  const holdsRows = (step: ExportedStep) => step.kind === 'copy' || reports.has(step.table ?? '')
  for (const step of ledger.steps) {
    if (step.table === undefined || step.done === undefined || !holdsRows(step)) continue
    if (step.kind === 'copy') {
      const report = reportOf(step.table)
      report.bytes += step.done.bytes
      report.rows += step.done.rows
      report.copyMs += step.done.ms
    }
    if (step.kind === 'index' || step.kind === 'key') reportOf(step.table).indexMs += step.done.ms
  }
  return [...reports.values()].toSorted((one, other) => other.bytes - one.bytes)
}

function failureOf(label: string, step: ExportedStep | undefined): FailureReport {
  const failure = step?.failure
  return {
    label,
    code: failure?.code ?? 'internal.unrecorded',
    message: failure?.message ?? 'Its failure could not be written to the ledger.',
    ...(failure?.sqlstate === undefined ? {} : { sqlstate: failure.sqlstate }),
  }
}

function blockerOf(id: number, { failed, blocked }: RunOutcome): string {
  const failures = new Map(failed.map(({ step }) => [step.id, step.label]))
  const waiting = new Map(blocked.map((step) => [step.id, step]))
  const seen = new Set<number>()
  const search = [id]
  for (let at = search.pop(); at !== undefined; at = search.pop()) {
    const label = failures.get(at)
    if (label !== undefined) return label
    if (seen.has(at)) continue
    seen.add(at)
    search.push(...(waiting.get(at)?.dependsOn ?? []))
  }
  return 'a step that failed'
}
