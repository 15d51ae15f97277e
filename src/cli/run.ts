import { EXIT_CODES } from '../errors.ts'
import { summaryText } from '../report/index.ts'
import type { RunReport } from '../report/index.ts'
import { invoke } from './invocation.ts'
import type { Invocation, JsonFlag } from './invocation.ts'
import { prepareReport } from './report-file.ts'

export interface RunFlags extends JsonFlag {
  report?: string
}

/** Runs a migration, first or again, and shows its report: what `migrate` and `resume` share. */
export async function showRun(flags: RunFlags, run: (invocation: Invocation) => Promise<RunReport>): Promise<number> {
  return invoke(flags.json, async (invocation) => {
    const write = await prepareReport(flags.report, invocation.redact)
    const report = await run(invocation)
    invocation.output.result('migrate', report, (style) => summaryText(report, style))
    await write(report)
    return exitCodeOfRun(report)
  })
}

/** A run that ended has failures to mend (partial), or no proof (difference), or is good. */
function exitCodeOfRun(report: Pick<RunReport, 'verdict' | 'failures' | 'blocked'>): number {
  if (report.failures.length > 0 || report.blocked.length > 0) return EXIT_CODES.partial
  return report.verdict === 'SAME' || report.verdict === 'SKIPPED' ? 0 : EXIT_CODES.difference
}
