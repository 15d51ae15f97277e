import type { RunLog } from '../../migrate/index.ts'
import type {
  Endpoint,
  FailureReport,
  NoticeReport,
  RunReport,
  RunVerdict,
  ScriptMessage,
  ScriptReport,
  StepReport,
  TableReport,
} from '../../report/index.ts'
import type { Manifest } from '../manifest.ts'
import type { ScriptProof } from './compare-script.ts'

/** What became of one database of a whole server that came as a script. */
export type DatabaseScriptReport = Omit<RunReport, 'source' | 'snapshot'> & { script: ScriptReport['script'] }

export interface ScriptRunParts {
  target: Endpoint
  ran: ScriptReport
  /** Of the database's properties. */
  failures: readonly FailureReport[]
  proof: ScriptProof | undefined
  sourceWrites: RunReport['sourceWrites']
  /** Of this process. */
  steps: readonly StepReport[]
  manifest: Manifest
  mode: 'full' | 'counts' | 'none'
  log: RunLog
}

/** The report of a script in the words of other runs: what the server refused are failures, what follows from them waits for them. */
export function scriptRunReport(parts: ScriptRunParts): DatabaseScriptReport {
  const { target, ran, proof, sourceWrites, steps, mode, log } = parts
  const failures = [...ran.errors.map(failureOf), ...parts.failures]
  return {
    target,
    startedAt: ran.startedAt,
    ms: Date.now() - log.startedAt,
    verdict: verdictOf(proof, failures.length),
    options: mode === 'full' ? {} : { verify: mode },
    phases: log.phases,
    tables: tablesOf(parts),
    steps: [...steps],
    failures,
    blocked: ran.errors.flatMap((error) =>
      error.followers.map(({ line, statement }) => ({
        label: labelOf({ line, statement }),
        by: labelOf(error),
      })),
    ),
    differences: [...(proof?.tables ?? []), ...(proof?.others ?? [])]
      .filter(({ verdict }) => verdict !== 'SAME')
      .map(({ object, kind, verdict, detail }) => ({
        object,
        kind,
        verdict,
        ...(detail === undefined ? {} : { detail }),
      })),
    notices: [...log.notices, ...noticesOf(ran)],
    sourceWrites,
    script: ran.script,
  }
}

/** SAME needs all of the run: what a statement should have made is nothing that a comparison of rows would miss. */
function verdictOf(proof: ScriptProof | undefined, failures: number): RunVerdict {
  if (proof === undefined) return 'SKIPPED'
  return failures > 0 ? 'DIFFERENT' : proof.verdict
}

function failureOf({ line, statement, message, sqlstate }: ScriptMessage): FailureReport {
  return {
    label: labelOf({ line, statement }),
    code: 'script.statement',
    message,
    ...(sqlstate === undefined ? {} : { sqlstate }),
  }
}

function labelOf({ line, statement }: Pick<ScriptMessage, 'line' | 'statement'>): string {
  return `${statement} (line ${String(line)})`
}

/** Rows as the dump counted them, times as this process took them. */
function tablesOf({ manifest, proof, steps }: ScriptRunParts): TableReport[] {
  const verdicts = new Map(proof?.tables.map((table) => [table.object, table]))
  return manifest.tables
    .map(({ schema, name, rows, bytes }): TableReport => {
      const table = `${schema}.${name}`
      const { verdict = proof === undefined ? 'SKIPPED' : 'UNKNOWN', detail } = verdicts.get(table) ?? {}
      const copyMs = steps.reduce((sum, step) => (step.table === table ? sum + step.ms : sum), 0)
      return { table, bytes, rows, copyMs, indexMs: 0, verdict, ...(detail === undefined ? {} : { detail }) }
    })
    .toSorted((one, other) => other.bytes - one.bytes)
}

function noticesOf({ expected, leftOut, granted, warnings }: ScriptReport): NoticeReport[] {
  return [
    ...said(expected, { level: 'info', code: 'script.expected' }),
    ...said(leftOut, { level: 'warning', code: 'script.left-out' }),
    ...said(granted, { level: 'warning', code: 'script.granted' }),
    ...said(warnings, { level: 'warning', code: 'script.warning' }),
  ]
}

function said(messages: readonly ScriptMessage[], notice: Pick<NoticeReport, 'level' | 'code'>): NoticeReport[] {
  return messages.map(({ line, statement, message, reason = '' }) => ({
    ...notice,
    object: statement,
    message: `${labelOf({ line, statement })}: ${message} ${reason}`.trim(),
  }))
}
