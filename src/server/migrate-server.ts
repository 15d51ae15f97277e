import { parseConnection } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { chosen, preflight, RunLog, serversAt } from '../migrate/index.ts'
import type { ServerReport } from '../report/index.ts'
import { assertSameServerChoices, serverChoices } from './choices.ts'
import { openServers, providersOf } from './ends.ts'
import type { MigrateServerOptions } from './options.ts'
import { planServer } from './plan-server.ts'
import { makeRecordDatabase, openRecord, readRecord, type NewServerRun, type RecordedRun } from './record.ts'
import { showRoles } from './roles.ts'
import { runServer, sizes, type ServerRun } from './run-server.ts'

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
  const run: ServerRun = {
    infos,
    urls: { source: options.source, target: options.target },
    choices: serverChoices(options),
    ...sizes(options),
    newSnapshot,
    pgDump,
    rolePasswords,
    log: new RunLog(onEvent),
    onEvent,
    signal,
  }
  run.log.phase('connect')
  const unfinished = await unfinishedRun(run)
  if (unfinished === undefined) return runServer(run, await begin(run))
  assertSameSource(unfinished, run)
  assertSameServerChoices(unfinished.choices, run.choices)
  return runServer(run, undefined)
}

async function unfinishedRun({ infos, signal }: ServerRun): Promise<RecordedRun | undefined> {
  await using session = await openRecord(infos.target, 'record', signal)
  return session === undefined ? undefined : await readRecord(session)
}

/** Plans the run and makes room for its record: the first thing that is changed on the target. */
async function begin(run: ServerRun): Promise<NewServerRun> {
  const { infos, choices, log, signal } = run
  await using pair = await openServers(infos, signal)
  log.phase('plan')
  const roles = await showRoles(run)
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

function assertSameSource({ source }: RecordedRun, { infos }: ServerRun): void {
  if (source.describe === infos.source.describe()) return
  throw new PgleapError({
    code: 'resume.other-source',
    message: `The target holds an unfinished run of a whole server from another source: ${source.describe}.`,
    hint: 'Go on with it by "pgleap resume --all-databases TARGET".',
    party: 'usage',
  })
}
