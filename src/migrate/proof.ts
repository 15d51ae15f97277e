import { SourceSnapshot } from '../catalog/index.ts'
import { verify, type VerifyResult } from '../verify/index.ts'
import { tableName } from '../plan/index.ts'
import type { Migration } from './migration.ts'

/** Compares the source, in the run's own snapshot, with what the target holds now. */
export async function compare(migration: Migration, mode: 'full' | 'counts'): Promise<VerifyResult> {
  const { servers, snapshot, notes, log, signal } = migration
  log.phase('verify')
  const leftOut = new Set(notes.rowsLeftOut)
  await using target = await SourceSnapshot.take((inner) => servers.openTarget('verify', inner), { signal })
  return await verify({
    source: snapshot,
    target,
    mode,
    includeRows: (table) => !leftOut.has(tableName(table)),
    onEvent: log.emit,
    signal,
  })
}
