import { parseConnection } from '../connection/index.ts'
import { RunLog } from '../migrate/index.ts'
import type { ServerReport } from '../report/index.ts'
import type { ResumeServerOptions } from './options.ts'
import { openRecord, readRecord } from './record.ts'
import { nothingRecorded, runServer, sizes } from './run-server.ts'

/**
 * Goes on with the run of a whole server that the target's record describes: databases that are done stay done, the others go
 * on from their ledgers or are begun.
 *
 * @throws PgleapError `resume.nothing` where the target has no record
 */
export async function resumeServer(options: ResumeServerOptions): Promise<ServerReport> {
  const { signal, onEvent, pgDump, newSnapshot = 'refuse' } = options
  const log = new RunLog(onEvent)
  const target = parseConnection(options.target)
  log.phase('connect')
  await using session = await openRecord(target, 'record', signal)
  const recorded = session === undefined ? undefined : await readRecord(session)
  await session?.close()
  const source = options.source ?? recorded?.source.connection
  const infos = { source: parseConnection(source ?? ''), target }
  if (recorded === undefined || source === undefined) throw nothingRecorded({ infos })
  // Once roles are there, nobody asks for their passwords any more.
  const file = recorded.roles === undefined ? recorded.choices.rolePasswords : null
  return await runServer(
    {
      infos,
      urls: { source, target: options.target },
      choices: recorded.choices,
      ...sizes(options),
      newSnapshot,
      pgDump,
      rolePasswords: options.rolePasswords ?? file ?? undefined,
      log,
      onEvent,
      signal,
    },
    undefined,
  )
}
