import { parseConnection } from '../connection/index.ts'
import { RunLog } from '../migrate/index.ts'
import type { ServerReport } from '../report/index.ts'
import { refuseRestore } from './migrate-server.ts'
import type { ResumeServerOptions } from './options.ts'
import { unfinishedRun } from './record.ts'
import { nothingRecorded, runServer, sizes } from './run-server.ts'
import { serverOrigin } from './server-origin.ts'

/**
 * Goes on with the run of a whole server that the target's record describes: databases that are done stay done, the others go
 * on from their ledgers or are begun.
 *
 * @throws PgleapError `resume.nothing` where the target has no record, `resume.restore` where that is of a restore
 */
export async function resumeServer(options: ResumeServerOptions): Promise<ServerReport> {
  const { signal, onEvent, pgDump, newSnapshot = 'refuse' } = options
  const log = new RunLog(onEvent)
  const target = parseConnection(options.target)
  log.phase('connect')
  const recorded = await unfinishedRun(target, signal)
  if (recorded === undefined) throw nothingRecorded(target)
  refuseRestore(recorded.source)
  const source = options.source ?? recorded.source.connection
  // Once roles are there, nobody asks for their passwords any more.
  const file = recorded.roles === undefined ? recorded.choices.rolePasswords : null
  const rolePasswords = options.rolePasswords ?? file ?? undefined
  const parts = { choices: recorded.choices, log, signal }
  const infos = { source: parseConnection(source), target }
  const urls = { source, target: options.target }
  const origin = serverOrigin({ ...parts, infos, urls, newSnapshot, pgDump, rolePasswords })
  return runServer({ ...parts, ...sizes(options), origin, target, onEvent }, undefined)
}
