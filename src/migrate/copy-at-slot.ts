import { RunLock } from '../engine/index.ts'
import { tableName } from '../plan/index.ts'
import type { RunReport } from '../report/index.ts'
import { chosen } from './choices.ts'
import { finish } from './finish.ts'
import { begin } from './migrate.ts'
import type { RunNotes } from './migration.ts'
import { DEFAULT_JOBS, type MigrateOptions } from './options.ts'
import { assertEmpty } from './preconditions.ts'
import { prepare } from './prepare.ts'
import { takeSnapshot } from './read-source.ts'
import { RunLog } from './run-log.ts'
import { openPair, servers } from './servers.ts'

export type CopyAtSlotOptions = Omit<MigrateOptions, 'create' | 'nonEmptyTarget' | 'newSnapshot' | 'verify'> & {
  /** Name of the snapshot that was exported with the slot; it may end once the first of ours has imported it. */
  snapshot: string
  /** Called when the snapshot is in our own hands. */
  onSnapshot: () => Promise<void>
}

/**
 * The copy of an online migration: everything that `migrate` does but the verdict, in the snapshot of a replication slot,
 * whose changes are to follow. Keys and indexes are there when it returns.
 */
export async function copyAtSlot(options: CopyAtSlotOptions): Promise<RunReport> {
  const { jobs = DEFAULT_JOBS, signal, pgDump } = options
  const log = new RunLog(options.onEvent)
  const choices = chosen({ ...options, verify: 'none' })
  const ends = servers(options.source, options.target)
  log.phase('connect')
  await using pair = await openPair(ends, signal)
  await using lock = await RunLock.acquire((inner) => ends.openTarget('run lock', inner), signal)
  await assertEmpty(pair.target)
  await using snapshot = await takeSnapshot(ends, { choices, imported: options.snapshot, signal })
  await options.onSnapshot()
  const { reading, plan } = await prepare({
    servers: ends,
    target: pair.target,
    snapshot,
    choices,
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
  }
  const ledger = await begin(pair, ends, snapshot, notes, plan.steps)
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
