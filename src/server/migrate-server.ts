import { parseConnection, type ConnectionInfo } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { chosen, preflight, RunLog, serversAt } from '../migrate/index.ts'
import type { ServerReport } from '../report/index.ts'
import { assertSameServerChoices, serverChoices } from './choices.ts'
import { openServers, providersOf, type Infos } from './ends.ts'
import type { MigrateServerOptions } from './options.ts'
import { planServer } from './plan-server.ts'
import { makeRecordDatabase, unfinishedRun, type NewServerRun, type RecordedSource } from './record.ts'
import { runServer, sizes, type ServerRun } from './run-server.ts'
import { serverOrigin } from './server-origin.ts'

/**
 * Migrates a whole server: its roles, then every database but templates and the providers' own, each with its properties,
 * and compares all of it. Each database is of one moment, and different databases of different ones. Refuses a target on which
 * one of the databases holds something already, before anything is made. What fails in one database stops no other. Where the target
 * has the record of an unfinished run of the same source and options, goes on with that: databases that are done stay done.
 *
 * @throws PgleapError of the party that has to act; `run.interrupted` after an abort
 */
export async function migrateServer(options: MigrateServerOptions): Promise<ServerReport> {
  const { signal, onEvent, pgDump, newSnapshot = 'refuse', rolePasswords } = options
  const infos = { source: parseConnection(options.source), target: parseConnection(options.target) }
  const parts = { choices: serverChoices(options), log: new RunLog(onEvent), signal }
  const urls = { source: options.source, target: options.target }
  const origin = serverOrigin({ ...parts, infos, urls, newSnapshot, pgDump, rolePasswords })
  const run: ServerRun = { ...parts, ...sizes(options), origin, target: infos.target, onEvent }
  run.log.phase('connect')
  const unfinished = await unfinishedRun(infos.target, signal)
  if (unfinished === undefined) return runServer(run, await begin(run, infos))
  assertSameSource(unfinished.source, infos.source)
  assertSameServerChoices(unfinished.choices, run.choices, '"pgleap resume --all-databases"')
  return runServer(run, undefined)
}

/** Plans the run and makes room for its record: the first thing that is changed on the target. */
async function begin({ origin, choices, log, signal }: ServerRun, infos: Infos): Promise<NewServerRun> {
  await using pair = await openServers(infos, signal)
  log.phase('plan')
  const roles = await origin.roles('show')
  const planned = await planServer({ infos, pair, choices, roles, signal })
  await preflight({
    servers: serversAt(infos),
    providers: await providersOf(pair, infos, choices),
    choices: chosen({ skipChecks: choices.skipChecks }),
    about: 'server',
    log,
    signal,
  })
  await makeRecordDatabase(pair.target)
  return planned
}

function assertSameSource(recorded: RecordedSource, source: ConnectionInfo): void {
  refuseRestore(recorded)
  if (recorded.describe === source.describe()) return
  throw new PgleapError({
    code: 'resume.other-source',
    message: `The target holds an unfinished run of a whole server from another source: ${recorded.describe}.`,
    hint: 'Go on with it by "pgleap resume --all-databases TARGET".',
    party: 'usage',
  })
}

/**
 * A restore of a whole server goes on by itself alone.
 * @throws PgleapError `resume.restore`
 */
export function refuseRestore(source: RecordedSource): asserts source is Exclude<RecordedSource, { folder: string }> {
  if (!('folder' in source)) return
  throw new PgleapError({
    code: 'resume.restore',
    message: `The target holds an unfinished restore of a whole server, from ${source.folder}.`,
    hint: 'Go on with it by the same "pgleap restore --all-databases" command, or give up on it: drop what it has made, and its record, the database pgleap_server_run.',
    party: 'usage',
  })
}
