import type { Session } from '../../connection/index.ts'
import { exportLedger, type RunOutcome } from '../../engine/index.ts'
import { commonReport, endpoint } from '../../migrate/index.ts'
import type { RestoreWork } from '../../plan/index.ts'
import type { RestoreReport, SourceWrites } from '../../report/index.ts'
import type { VerifyResult } from '../../verify/index.ts'
import { archiveReport } from './files.ts'
import type { Restoring } from './restoring.ts'

export interface ReportParts {
  outcome: RunOutcome<RestoreWork>
  proof: VerifyResult | undefined
  sourceWrites: SourceWrites[]
}

/** What was restored, and what came of it: the ledger knows every step of every process that worked on the run. */
export async function reportOf(
  { files, target, log, notes }: Restoring,
  session: Session,
  { outcome, proof, sourceWrites }: ReportParts,
): Promise<RestoreReport> {
  const report = commonReport({
    target: endpoint(target.info, session),
    ledger: await exportLedger(session),
    outcome,
    proof,
    sourceWrites,
    choices: notes.choices,
    log,
  })
  // Tables that are UNKNOWN for no reason of their own are so for the archive's, which is said once.
  const differences = report.differences.filter(({ kind, verdict, detail }) => !isPlainUnknown(kind, verdict, detail))
  return { archive: archiveReport(files), ...report, differences }
}

function isPlainUnknown(kind: string, verdict: string, detail: string | undefined): boolean {
  return kind === 'table' && verdict === 'UNKNOWN' && detail === undefined
}
