import { identifyServer, type ConnectionInfo } from '../../connection/index.ts'
import { openSession, writesSince, type RunLog } from '../../migrate/index.ts'
import type { SourceWrites } from '../../report/index.ts'
import type { Files } from './files.ts'

/** What was written to the source since it was dumped, as far as its counters tell; none, and a notice, where they cannot. */
export async function writesSinceDump(
  source: ConnectionInfo,
  { manifest }: Pick<Files, 'manifest'>,
  { log, signal }: { log: RunLog; signal: AbortSignal | undefined },
): Promise<SourceWrites[]> {
  const unknown = (why: string): SourceWrites[] => {
    const message = `Whether the source was written to since the dump is not known: ${why}.`
    log.notice({ level: 'warning', code: 'restore.writes-unknown', message })
    return []
  }
  if (manifest === undefined) return unknown('no manifest of pgleap lies beside the archive')
  if (manifest.writes === undefined) return unknown('the dump is of a standby, which does not count writes')
  await using session = await openSession(source, 'source', 'control', signal)
  const { recovering } = await identifyServer(session)
  if (recovering) return unknown('the source that is named is a standby, which does not count writes')
  return await writesSince(session, manifest.writes)
}
