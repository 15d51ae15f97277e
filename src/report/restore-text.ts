import { formatDuration } from '../units.ts'
import type { ArchiveReport, RestoreReport, VerifyFilesReport } from './restore-report.ts'
import { describeEndpoint, details, movedBy, timesOf, verdictLine } from './summary.ts'
import { fields, oneLine, paragraphs, type Style } from './text.ts'
import { comparedText } from './verify-text.ts'

const MEANINGS: Record<RestoreReport['verdict'], string> = {
  SAME: 'the target holds what the archive holds',
  DIFFERENT: 'archive and target differ',
  UNKNOWN: 'not everything could be compared, so nothing is promised',
  SKIPPED: 'restored, but not compared',
}

/** The closing summary of a restore, for people. */
export function restoreText(report: RestoreReport, style: Style): string {
  const { archive, verdict } = report
  const next = nextStep(report)
  return paragraphs([
    [verdictLine(verdict, restoreMeaning(report), style)],
    fields(
      [
        ['archive', describeArchive(archive)],
        ['target', describeEndpoint(report.target)],
        ['moved', movedBy(report)],
        ['time', timesOf(report)],
      ],
      style,
    ),
    ...details(report, style),
    next === undefined ? [] : fields([['next', next]], style),
  ])
}

/** What the verdict of a restore means, in one sentence. */
export function restoreMeaning({ verdict, failures }: Pick<RestoreReport, 'verdict' | 'failures'>): string {
  const isIncomplete = verdict === 'SKIPPED' && failures.length > 0
  return isIncomplete ? 'the restore is incomplete, and was not compared' : MEANINGS[verdict]
}

function nextStep({ archive, verdict, failures, blocked }: RestoreReport): string | undefined {
  if (failures.length > 0 || blocked.length > 0) {
    return 'mend the causes, then the same command again does what is not done.'
  }
  if (verdict === 'DIFFERENT') return 'do not use the target yet; `pgleap verify ARCHIVE TARGET` compares again.'
  if (verdict === 'UNKNOWN' && archive.manifest === 'absent') {
    return 'the archive has no hashes: `pgleap verify SOURCE TARGET` compares contents, where the source can be reached.'
  }
  return undefined
}

/** The outcome of comparing an archive with a database, for people. */
export function verifyFilesText(report: VerifyFilesReport, style: Style): string {
  const { looked, listed } = comparedText(report, style)
  return paragraphs([
    [verdictLine(report.verdict, MEANINGS[report.verdict], style)],
    fields(
      [
        ['archive', describeArchive(report.archive)],
        ['target', describeEndpoint(report.target)],
        ['looked', `at ${looked}, in ${formatDuration(report.ms)}`],
      ],
      style,
    ),
    listed,
    report.notices
      .filter(({ level }) => level === 'warning')
      .map(({ message, code }) => `  ${style('care', 'warning')}  ${oneLine(message)} (${code})`),
  ])
}

/** `app.dir (directory), of app, PostgreSQL 14.23`. */
export function describeArchive({ path, format, database, serverVersion }: ArchiveReport): string {
  return oneLine(`${path} (${format}), of ${database}, PostgreSQL ${serverVersion}`)
}
