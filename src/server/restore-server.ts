import { assertWritable, parseConnection, type ConnectionInfo } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { databaseInFolder, openServerFolder, proveServerFolder, type ServerFolder } from '../files/index.ts'
import { RunLog } from '../migrate/index.ts'
import { recogniseProvider, resolveProvider } from '../provider/index.ts'
import type { LeftOutDatabase, ServerReport } from '../report/index.ts'
import { assertSameServerChoices, serverChoices } from './choices.ts'
import { chooseDatabases, readDatabases, type ServerDatabase } from './choose.ts'
import { openOn } from './ends.ts'
import { folderOrigin, rolesOfFolder } from './folder-origin.ts'
import { assertNothingInTheWay } from './in-the-way.ts'
import type { RestoreServerOptions } from './options.ts'
import { assertTablespacesKnown, placed } from './plan-server.ts'
import { makeRecordDatabase, unfinishedRun, type NewDatabase, type NewServerRun, type RecordedRun } from './record.ts'
import { runServer, sizes, type RunParts, type ServerRun } from './run-server.ts'

/**
 * Restores a whole server from the folder that `dump` with all databases has made: its roles, then every database, each with its
 * properties, and compares all of it with what the folder says. Every file that it is going to need is proved before anything is
 * changed, and a target on which one of the databases holds something already is refused. Roles are only added: what
 * is there keeps its attributes and its password. What fails in one database stops no other. Called again after a kill or a
 * failure it goes on: databases that are done stay done.
 *
 * @throws PgleapError of the party that has to act (`restore.*`, `manifest.*`, `target.*`); `run.interrupted` after an abort
 */
export async function restoreServer(options: RestoreServerOptions): Promise<ServerReport> {
  const { signal, onEvent, pgDump, source, rolePasswords } = options
  const target = parseConnection(options.target)
  const parts: RunParts = { choices: serverChoices(options), log: new RunLog(onEvent), signal }
  const folder = await openServerFolder(options.from)
  parts.log.phase('connect')
  const unfinished = await unfinishedRun(target, signal)
  if (unfinished !== undefined) assertSameRun(unfinished, folder, parts)
  const choice = unfinished === undefined ? await choose(target, folder, options) : undefined
  parts.log.phase('check')
  const names = choice?.chosen ?? unfinished?.databases.filter(({ state }) => state !== 'done') ?? []
  await proveServerFolder(folder.path, new Set(names.map(({ name }) => name)), signal)
  const roles = await rolesOfFolder(folder, parts.choices.sourceProvider)
  const origin = folderOrigin({
    ...parts,
    folder,
    roles,
    target,
    targetUrl: options.target,
    source,
    pgDump,
    rolePasswords,
  })
  const run: ServerRun = { ...parts, ...sizes(options), origin, target, onEvent }
  return runServer(run, choice === undefined ? undefined : await begin(run, folder, choice))
}

interface Choice {
  chosen: ServerDatabase[]
  leftOut: LeftOutDatabase[]
}

/** Which of the folder's databases are restored: those that the user wants, but for the target's service's own. */
async function choose(
  target: ConnectionInfo,
  { databases }: ServerFolder,
  { targetProvider, includeDatabases: include = [], excludeDatabases: exclude = [], signal }: RestoreServerOptions,
): Promise<Choice> {
  await using session = await openOn(target, 'target', 'control', signal)
  await assertWritable(session)
  const provider =
    targetProvider === undefined
      ? await recogniseProvider(session, target.hosts[0]?.host)
      : await resolveProvider(targetProvider)
  const all = databases.map(({ name, bytes }) => {
    const ordinary = { is_template: false, allows_connections: true, is_broken: false, tablespace: 'pg_default' }
    return { name, bytes, ...ordinary }
  })
  const providers = { source: provider, target: provider }
  return chooseDatabases(all, { providers, include, exclude, maintenance: 'used' })
}

/** Plans the run and makes room for its record: the first thing that is changed on the target. */
async function begin(
  { origin, target, choices, log, signal }: ServerRun,
  folder: ServerFolder,
  { chosen, leftOut }: Choice,
): Promise<NewServerRun> {
  log.phase('plan')
  await using session = await openOn(target, 'target', 'control', signal)
  const roles = await origin.roles('show')
  if (choices.tablespaces === 'keep') assertTablespacesKnown(roles)
  const there = new Set((await readDatabases(session)).map(({ name }) => name))
  const existing = chosen.map(({ name }) => name).filter((name) => there.has(name))
  await assertNothingInTheWay(target, existing, signal)
  const databases: NewDatabase[] = []
  for (const listed of folder.databases) {
    const { name, bytes } = listed
    if (!chosen.some((one) => one.name === name)) continue
    const { tablespace } = await databaseInFolder(listed, signal)
    databases.push({ name, bytes, created: !there.has(name), ...placed({ tablespace }, choices, roles) })
  }
  await makeRecordDatabase(session)
  return {
    source: { describe: folder.path, folder: folder.path, contents: folder.contents },
    choices,
    leftOut,
    databases,
  }
}

/** A copy of a folder is as good as the first one. */
function assertSameRun({ source, choices }: RecordedRun, folder: ServerFolder, now: RunParts): void {
  if (!('folder' in source)) {
    throw new PgleapError({
      code: 'restore.other-run',
      message: `The target holds an unfinished migration of a whole server, from ${source.describe}.`,
      hint: 'Go on with it by "pgleap resume --all-databases TARGET", or name another target.',
      party: 'usage',
    })
  }
  if (source.contents !== folder.contents) {
    throw new PgleapError({
      code: 'restore.other-archive',
      message: `The target holds an unfinished restore of another folder: ${source.folder}.`,
      hint: 'Name that folder, unchanged; or give up on that restore: drop what it has made, and its record, the database pgleap_server_run.',
      party: 'usage',
    })
  }
  assertSameServerChoices(choices, now.choices, 'the same command as before')
}
