import { SourceSnapshot } from '../catalog/index.ts'
import type { VerifyReport } from '../report/index.ts'
import { verifiedObjects, verify as compareDatabases } from '../verify/index.ts'
import type { CommonOptions } from './options.ts'
import { dumpBoth } from './proof.ts'
import { RunLog } from './run-log.ts'
import { endpoint, openPair, servers } from './servers.ts'

export interface VerifyOptions extends CommonOptions {
  source: string
  target: string
  /** @defaultValue 'full' */
  mode?: 'full' | 'counts'
  /** Sessions that read at the same time on each side. @defaultValue 2 */
  jobs?: number
  /** A native pg_dump to use in place of the bundled one. */
  pgDump?: string
}

/** Compares two databases, each as it is at one moment, and changes neither. */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const { signal, mode = 'full' } = options
  const log = new RunLog(options.onEvent)
  const ends = servers(options.source, options.target)
  log.phase('connect')
  await using pair = await openPair(ends, signal)
  log.phase('verify')
  await using source = await SourceSnapshot.take((inner) => ends.openSource('verify', inner), { signal })
  await using target = await SourceSnapshot.take((inner) => ends.openTarget('verify', inner), { signal })
  const schema = await dumpBoth(
    { servers: ends, archive: undefined, pgDump: options.pgDump, signal },
    { source, target },
  )
  const result = await compareDatabases({
    source,
    target,
    mode,
    jobs: options.jobs,
    schema,
    onEvent: log.emit,
    signal,
  })
  const report: VerifyReport = {
    source: endpoint(ends.source, pair.source),
    target: endpoint(ends.target, pair.target),
    startedAt: new Date(log.startedAt).toISOString(),
    ms: Date.now() - log.startedAt,
    mode,
    verdict: result.verdict,
    objects: verifiedObjects(result),
  }
  log.emit({ type: 'finished', at: Date.now(), ms: report.ms, verdict: report.verdict, failures: 0 })
  return report
}
