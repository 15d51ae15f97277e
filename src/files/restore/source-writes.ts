import type { ConnectionInfo } from '../../connection/index.ts'
import { openSession, writesSince, type RunLog } from '../../migrate/index.ts'
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
  return await writesSince(session, manifest.writes)
}
