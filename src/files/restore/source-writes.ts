import { readWriteCounters, writesBetween } from '../../catalog/index.ts'
import type { ConnectionInfo } from '../../connection/index.ts'
import { openSession, type RunLog } from '../../migrate/index.ts'
import type { SourceWrites } from '../../report/index.ts'
import type { Files } from './files.ts'

/** What was written to the source since it was dumped, as far as its counters tell; none where the manifest is not there to tell. */
export async function writesSinceDump(
  source: ConnectionInfo,
  { manifest }: Files,
  { log, signal }: { log: RunLog; signal: AbortSignal | undefined },
): Promise<SourceWrites[]> {
  if (manifest === undefined) {
    log.notice({
      level: 'warning',
      code: 'restore.writes-unknown',
      message:
        'Whether the source was written to since the dump is not known: no manifest of pgleap lies beside the archive.',
    })
    return []
  }
  await using session = await openSession(source, 'source', 'control', signal)
  const writes = writesBetween(manifest.writes, await readWriteCounters(session))
  if (writes.found !== 'tables') return []
  return writes.tables.map(({ schema, name, rows }) => ({ table: `${schema}.${name}`, rows }))
}

/** Rows that were written to the source after the dump are not on the target: whoever goes on must know. */
export function noteWrites(writes: readonly SourceWrites[], log: RunLog): void {
  if (writes.length === 0) return
  const names = writes.map(({ table }) => table)
  log.notice({
    level: 'warning',
    code: 'source.written',
    message: `The source was written to after the dump: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' and more' : ''}. Those rows are not on the target.`,
    hint: 'Stop the writers and dump anew, or carry those rows over yourself.',
  })
}
