import { SourceSnapshot } from '../catalog/index.ts'
import type { VerifyReport } from '../report/index.ts'
import { verifiedObjects } from '../verify/index.ts'
import { chosen } from './choices.ts'
import type { Choices, CommonOptions } from './options.ts'
import { compareMoments } from './proof.ts'
import { passedOverNotice } from './provider-notices.ts'
import { chooseProviders, reservedSchemas } from './providers.ts'
import { RunLog } from './run-log.ts'
import { endpoint, openPair, servers } from './servers.ts'
import { noteUnlogged } from './unlogged.ts'

/** What of a migration's choices decides what is compared: what stayed behind by them is not missed. */
type ComparedChoices = Omit<Choices, 'partSize' | 'verify' | 'skipChecks'>

export interface VerifyOptions extends CommonOptions, ComparedChoices {
  source: string
  target: string
  /** @defaultValue 'full' */
  mode?: 'full' | 'counts'
  /** Objects that only the target has, and its schema public: `add` where it held something before. @defaultValue 'refuse' */
  nonEmptyTarget?: 'refuse' | 'add'
  /** Sessions that read at the same time on each side. @defaultValue 2 */
  jobs?: number
  /** A native pg_dump to use in place of the bundled one. */
  pgDump?: string
}

/**
 * Compares two databases, each as it is at one moment, and changes neither. With the options of a migration it compares what that
 * brings over, by the rules of the services on both ends, and comes to its verdict. What is passed over by these
 * rules is a notice.
 *
 * @throws PgleapError `usage.provider`, `usage.provider-file`, `filter.unmatched`, and what connecting throws
 */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const { signal, mode = 'full', nonEmptyTarget = 'refuse', jobs, pgDump } = options
  const extra = nonEmptyTarget === 'add' ? 'ignore' : 'report'
  const choices = chosen({ ...options, verify: mode })
  const log = new RunLog(options.onEvent)
  const ends = servers(options.source, options.target)
  log.phase('connect')
  await using pair = await openPair(ends, signal)
  const providers = await chooseProviders(pair, ends, choices)
  log.phase('verify')
  await using source = await SourceSnapshot.take((inner) => ends.openSource('verify', inner), { signal })
  await using target = await SourceSnapshot.take((inner) => ends.openTarget('verify', inner), { signal })
  const { result, provided, rules } = await compareMoments({
    servers: ends,
    moments: { source, target },
    choices,
    providers,
    owners: {},
    archive: undefined,
    extra,
    database: { created: 'found', otherwise: extra },
    sourceIs: 'still',
    mode,
    jobs,
    pgDump,
    onEvent: log.emit,
    signal,
  })
  const schemas = await reservedSchemas(pair.source, providers)
  for (const notice of passedOverNotice({ provided, schemas }, rules)) log.notice(notice)
  if (result.unlogged !== undefined) noteUnlogged(result.unlogged, log)
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
