import { parseConnection } from '../../connection/index.ts'
import { chosen, DEFAULT_JOBS, endpoint, RunLog } from '../../migrate/index.ts'
import type { VerifyFilesReport } from '../../report/index.ts'
import { verifiedObjects } from '../../verify/index.ts'
import { compare } from './compare.ts'
import { archiveReport, openFiles } from './files.ts'
import type { VerifyFilesOptions } from './options.ts'
import { targetOf } from './restoring.ts'
import { providersOf, viewOf } from './view.ts'

/**
 * Compares an archive with a database, and changes neither: its files with the manifest, and what the manifest and the
 * archive say with what the database holds.
 *
 * @throws PgleapError `archive.*`, `manifest.*`, `filter.unmatched`, and what connecting throws
 */
export async function verifyFiles(options: VerifyFilesOptions): Promise<VerifyFilesReport> {
  const { signal, mode = 'full', nonEmptyTarget = 'refuse', jobs = DEFAULT_JOBS, pgDump } = options
  const choices = chosen({ ...options, verify: mode })
  const log = new RunLog(options.onEvent)
  const target = targetOf(parseConnection(options.target))
  log.phase('check')
  await using files = await openFiles(options.from, signal)
  log.phase('connect')
  await using session = await target.open('control', signal)
  const providers = await providersOf(files, { session, info: target.info }, choices)
  const view = await viewOf({ files, target: session, providers, choices, extensionSchemas: 'all' })
  log.phase('verify')
  const result = await compare({
    files,
    view,
    target,
    mode,
    took: undefined,
    extra: nonEmptyTarget === 'add' ? 'ignore' : 'report',
    jobs,
    pgDump,
    onEvent: log.emit,
    signal,
  })
  const report: VerifyFilesReport = {
    archive: archiveReport(files),
    target: endpoint(target.info, session),
    startedAt: new Date(log.startedAt).toISOString(),
    ms: Date.now() - log.startedAt,
    mode,
    verdict: result.verdict,
    objects: verifiedObjects(result),
    notices: log.notices,
  }
  log.emit({ type: 'finished', at: Date.now(), ms: report.ms, verdict: report.verdict, failures: 0 })
  return report
}
