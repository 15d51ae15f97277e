import type { RestoreReport } from './restore-report.ts'
import { describeArchive, restoreMeaning } from './restore-text.ts'
import type { RunReport } from './result.ts'
import { describeEndpoint, verdictMeaning } from './summary.ts'

/** The run of one database: its rows came from a server, or from an archive. */
export type OneRun = RunReport | RestoreReport

/** What the verdict means, in one sentence. */
export function meaningOf(report: OneRun): string {
  return 'source' in report ? verdictMeaning(report) : restoreMeaning(report)
}

/** Name of the database that the rows are of. */
export function nameOf(report: OneRun): string {
  return 'source' in report ? report.source.database : report.archive.database
}

/** Where the rows came from: a name and a value for a list of facts. */
export function originOf(report: OneRun): [string, string] {
  return 'source' in report ? ['Source', describeEndpoint(report.source)] : ['Archive', describeArchive(report.archive)]
}

/** An archive is of one moment, whatever the run does. */
export function snapshotOf(report: OneRun): [string, string][] {
  return 'source' in report ? [['Snapshot', report.snapshot]] : []
}
