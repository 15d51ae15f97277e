import { RunLock } from '../engine/index.ts'
import { tableName, type Work } from '../plan/index.ts'
import type { EmitEvent, RunReport } from '../report/index.ts'
import { chosen } from './choices.ts'
import { finish } from './finish.ts'
import { begin } from './migrate.ts'
import type { RunNotes } from './migration.ts'
import { DEFAULT_JOBS, type MigrateOptions } from './options.ts'
import { assertEmpty } from './preconditions.ts'
import { prepare } from './prepare.ts'
import { chooseProviders, reservedSchemas } from './providers.ts'
import { takeSnapshot } from './read-source.ts'
import { RunLog } from './run-log.ts'
import { openPair, servers } from './servers.ts'

export type CopyAtSlotOptions = Omit<MigrateOptions, 'create' | 'nonEmptyTarget' | 'newSnapshot' | 'verify'> & {
  /** Name of the snapshot that was exported with the slot; it may end once the first of ours has imported it. */
  snapshot: string
  /** Called when the snapshot is in our own hands. */
  onSnapshot: () => Promise<void>
  /** Called when the ledger is there, before anything else is made: from now on `copyTheRest` goes on with it. */
  onBegun: () => Promise<void>
}

/**
 * The copy of an online migration: everything that `migrate` does but the verdict, in the snapshot of a replication slot,
 * whose changes are to follow. Keys and indexes are there when it returns.
 */
export async function copyAtSlot(options: CopyAtSlotOptions): Promise<RunReport> {
  const { jobs = DEFAULT_JOBS, signal, pgDump } = options
  const reads = new Set<number>()
  const log = new RunLog((event) => {
    if (event.type === 'step-done' && reads.delete(event.step.id) && reads.size === 0) void snapshot.release()
    forwardStreamed(options.onEvent)(event)
  })
  const choices = chosen({ ...options, verify: 'none' })
  const ends = servers(options.source, options.target)
  log.phase('connect')
  await using pair = await openPair(ends, signal)
  await using lock = await RunLock.acquire((inner) => ends.openTarget('run lock', inner), signal)
  const providers = await chooseProviders(pair, ends, choices)
  await assertEmpty(pair.target, await reservedSchemas(pair.target, providers))
  await using snapshot = await takeSnapshot(ends, { choices, providers, imported: options.snapshot, signal })
  await options.onSnapshot()
  const { reading, plan, owners } = await prepare({
    servers: ends,
    target: pair.target,
    snapshot,
    choices,
    providers,
    created: 'found',
    nonEmptyTarget: 'refuse',
    jobs,
    pgDump,
    log,
    signal,
  })
  const notes: RunNotes = {
    choices,
    writes: reading.writes,
    extraObjects: 'report',
    rowsLeftOut: reading.facts.tables.filter(({ oid }) => plan.rowsLeftOut.has(oid)).map(tableName),
    providers,
    owners,
  }
  const ledger = await begin(pair, ends, snapshot, notes, plan.steps)
  await options.onBegun()
  // The source's vacuum waits for no snapshot longer than the last row is read.
  for (const { id, work } of plan.steps) if (readsSource(work)) reads.add(id)
  return await finish(
    {
      servers: ends,
      snapshot,
      ledger,
      notes,
      definitions: plan.definitions,
      archive: reading.archive,
      jobs,
      pgDump,
      log,
      signal,
    },
    lock,
  )
}

/** Steps that read the source in its snapshot. */
function readsSource({ kind }: Work): boolean {
  return kind === 'copy' || kind === 'sequences' || kind === 'large-objects'
}

const WRITES: ReadonlySet<string> = new Set(['source.written', 'source.writes-unknown'])

/** What is written to the source after the snapshot comes with the stream: nobody is to be warned of it. */
export function forwardStreamed(onEvent: EmitEvent | undefined): EmitEvent {
  return (event) => {
    if (event.type !== 'notice' || !WRITES.has(event.code)) onEvent?.(event)
  }
}
