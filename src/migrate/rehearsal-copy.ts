import type { ConnectionInfo } from '../connection/index.ts'
import type { Part } from '../copy/index.ts'
import type { TableFacts } from '../catalog/index.ts'
import { RunLock } from '../engine/index.ts'
import { tableName, type Plan } from '../plan/index.ts'
import type { EmitEvent, RunReport } from '../report/index.ts'
import { chosen } from './choices.ts'
import { finish } from './finish.ts'
import { begin } from './migrate.ts'
import type { RunNotes } from './migration.ts'
import { assertEmpty } from './preconditions.ts'
import { prepare } from './prepare.ts'
import { chooseProviders, reservedSchemas } from './providers.ts'
import { takeSnapshot } from './read-source.ts'
import { RunLog } from './run-log.ts'
import { openPair, serversAt } from './servers.ts'

export interface RehearsalCopyOptions {
  source: ConnectionInfo
  target: ConnectionInfo
  /** What to copy of each table that is to be sampled; without it everything is copied, and compared. */
  sample: ((tables: readonly TableFacts[]) => ReadonlyMap<number, Part[]>) | undefined
  roleMap: ReadonlyMap<string, string>
  jobs: number
  pgDump: string | undefined
  onEvent: EmitEvent
  signal: AbortSignal | undefined
}

export interface RehearsalCopy {
  report: RunReport
  /** What was run. */
  plan: Plan
  /** What the real run will do. */
  whole: Plan
  tables: readonly TableFacts[]
}

/**
 * A real run, into an empty scratch database, of all rows or of samples: with the same plan, engine and number of jobs, so
 * that what is measured is what will be done. Owners, grants, tablespaces and subscriptions are left out.
 */
export async function copyForRehearsal(options: RehearsalCopyOptions): Promise<RehearsalCopy> {
  const { source, target, sample, jobs, pgDump, signal } = options
  const log = new RunLog(options.onEvent)
  const choices = chosen({
    owners: 'skip',
    privileges: 'skip',
    tablespaces: 'skip',
    roleMap: Object.fromEntries(options.roleMap),
    verify: sample === undefined ? 'full' : 'none',
  })
  const ends = serversAt({ source, target })
  log.phase('connect')
  await using pair = await openPair(ends, signal)
  await using lock = await RunLock.acquire((inner) => ends.openTarget('run lock', inner), signal)
  const providers = await chooseProviders(pair, ends, choices)
  await assertEmpty(pair.target, await reservedSchemas(pair.target, providers))
  await using snapshot = await takeSnapshot(ends, { choices, providers, signal })
  const common = {
    servers: ends,
    target: pair.target,
    snapshot,
    choices,
    providers,
    created: 'found',
    nonEmptyTarget: 'refuse',
    jobs,
    pgDump,
    signal,
    subscriptions: 'skip',
  } as const
  // First, so that the time it takes is not counted among that of the run's own phases.
  const whole = sample === undefined ? undefined : await prepare({ ...common, log: new RunLog(undefined) })
  const { reading, plan, owners } = await prepare({ ...common, log, ...(sample === undefined ? {} : { cut: sample }) })
  const notes: RunNotes = {
    choices,
    writes: reading.writes,
    extraObjects: 'report',
    rowsLeftOut: reading.facts.tables.filter(({ oid }) => plan.rowsLeftOut.has(oid)).map(tableName),
    providers,
    owners,
  }
  const ledger = await begin(pair, ends, snapshot, notes, plan.steps)
  const { definitions } = plan
  const migration = {
    servers: ends,
    snapshot,
    ledger,
    notes,
    definitions,
    archive: reading.archive,
    jobs,
    pgDump,
    log,
    signal,
  }
  const report = await finish(migration, lock)
  return { report, plan, whole: whole?.plan ?? plan, tables: reading.facts.tables }
}
