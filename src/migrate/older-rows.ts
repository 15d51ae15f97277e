import { readWriteCounters, writesBetween } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import type { Ledger } from '../engine/index.ts'
import { tableName, type Work } from '../plan/index.ts'
import type { RunNotes } from './migration.ts'
import type { RunLog } from './run-log.ts'

/**
 * Says, before a run goes on under a new snapshot, which tables stay as they were in the one before although somebody has
 * written to them since: those of which every row was copied, or which had none then. They cannot be emptied and copied
 * anew where keys refer to them already.
 */
export async function noteOlderRows(
  source: Session,
  { ledger, notes, log }: { ledger: Ledger<Work>; notes: RunNotes; log: RunLog },
): Promise<void> {
  const writes = writesBetween(notes.writes, await readWriteCounters(source))
  if (writes.found === 'none') return
  const open = new Set<string>()
  for (const { id, work } of ledger.steps) {
    if (work.kind === 'copy' && !ledger.done.has(id)) open.add(tableName(work))
  }
  const leftOut = new Set(notes.rowsLeftOut)
  const written = writes.found === 'tables' ? writes.tables.map(tableName) : []
  const older = written.filter((table) => !open.has(table) && !leftOut.has(table))
  if (writes.found === 'tables' && older.length === 0) return
  const which =
    writes.found === 'unknown'
      ? 'The server does not tell which tables were written to since the snapshot before; those that are complete stay as they are.'
      : `Complete since the snapshot before, but written to on the source since then: ${older.join(', ')}. Their rows stay as they were.`
  log.notice({
    level: 'warning',
    code: 'resume.older-rows',
    message: which,
    hint: 'The comparison at the end tells what differs. To have all of one moment, start anew with an empty target.',
  })
}
