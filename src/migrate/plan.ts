import type { PlanReport } from '../report/index.ts'
import { chosen } from './choices.ts'
import { DEFAULT_JOBS, type PlanOptions } from './options.ts'
import { prepare } from './prepare.ts'
import { chooseProviders } from './providers.ts'
import { takeSnapshot } from './read-source.ts'
import { RunLog } from './run-log.ts'
import { endpoint, openPair, servers } from './servers.ts'

/** What `migrate` would do with these options; changes nothing on either server. */
export async function plan(options: PlanOptions): Promise<PlanReport> {
  const { signal, jobs = DEFAULT_JOBS } = options
  const log = new RunLog(options.onEvent)
  const choices = chosen(options)
  const ends = servers(options.source, options.target)
  log.phase('connect')
  await using pair = await openPair(ends, signal)
  const providers = await chooseProviders(pair, ends, choices)
  await using snapshot = await takeSnapshot(ends, { choices, providers, signal })
  const prepared = await prepare({
    servers: ends,
    target: pair.target,
    snapshot,
    choices,
    providers,
    created: 'found',
    nonEmptyTarget: 'refuse',
    jobs,
    pgDump: options.pgDump,
    log,
    signal,
  })
  return {
    source: endpoint(ends.source, pair.source),
    target: endpoint(ends.target, pair.target),
    tables: prepared.tables,
    steps: prepared.plan.steps.map(({ id, kind, label, table, bytes, cost, dependsOn }) => ({
      id,
      kind,
      label,
      bytes,
      cost,
      dependsOn,
      ...(table === undefined ? {} : { table }),
    })),
    bytes: prepared.tables.reduce((sum, table) => sum + table.bytes, 0),
    estimateMs: prepared.plan.estimate(jobs),
    notices: log.notices,
  }
}
