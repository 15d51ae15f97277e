import type { RunReport, VerifyReport } from './result.ts'

/** The data of a restore's report: what `restore` returns, and `--report` writes. As a run's, but for where it came from. */
export interface RestoreReport extends Omit<RunReport, 'source' | 'snapshot' | 'prediction'> {
  archive: ArchiveReport
}

/** What `verifyFiles` returns. */
export interface VerifyFilesReport extends Omit<VerifyReport, 'source'> {
  archive: ArchiveReport
  notices: RunReport['notices']
}

/** An archive, as it says of itself. */
export interface ArchiveReport {
  path: string
  format: 'custom' | 'directory' | 'tar'
  /** Name of the database that was dumped. */
  database: string
  /** Of the server that was dumped, for example `14.23`. */
  serverVersion: string
  pgDumpVersion: string
  /** ISO 8601; local time where the archive holds no zone. */
  createdAt: string
  /** Whether pgleap's manifest lies beside it: without one, contents cannot be compared. */
  manifest: 'present' | 'absent'
}
