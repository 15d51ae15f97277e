import { readWriteCounters, writesBetween, type WriteCounters } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import type { SourceWrites } from '../report/index.ts'
import type { RunLog } from './run-log.ts'

/** What was written to the source since the counters were read, as far as they tell. */
export async function writesSince(source: Session, before: WriteCounters): Promise<SourceWrites[]> {
  const writes = writesBetween(before, await readWriteCounters(source))
  if (writes.found !== 'tables') return []
  return writes.tables.map(({ schema, name, rows }) => ({ table: `${schema}.${name}`, rows }))
}

/** A standby counts nothing of what its primary writes, so nobody is warned of it: that has to be known, too. */
export function noteWritesUnknown(log: RunLog): void {
  log.notice({
    level: 'warning',
    code: 'source.writes-unknown',
    message:
      'Whether the source was written to after the snapshot is not known: it is a standby, which does not count writes.',
    hint: 'Make sure that nobody writes to its primary any more, or migrate anew once that is so.',
  })
}

const ANEW = { snapshot: 'migrate anew', dump: 'dump anew' }

/** Rows that were written to the source after that moment are not on the target: whoever goes on must know. */
export function noteWrites(writes: readonly SourceWrites[], moment: 'snapshot' | 'dump', log: RunLog): void {
  if (writes.length === 0) return
  const names = writes.map(({ table }) => table)
  log.notice({
    level: 'warning',
    code: 'source.written',
    message: `The source was written to after the ${moment}: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' and more' : ''}. Those rows are not on the target.`,
    hint: `Stop the writers and ${ANEW[moment]}, or carry those rows over yourself.`,
  })
}
