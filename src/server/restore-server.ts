import { assertWritable, parseConnection } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import {
  databaseInFolder,
  openServerFolder,
  proveDatabases,
  type FolderDatabase,
  type ServerFolder,
} from '../files/index.ts'
import { readRolePasswords } from '../globals/index.ts'
import { RunLog } from '../migrate/index.ts'
import type { Provider } from '../provider/index.ts'
import type { LeftOutDatabase, RolesReport, ServerReport } from '../report/index.ts'
import { assertSameServerChoices, serverChoices, type ServerChoices } from './choices.ts'
import { chooseDatabases, readDatabases } from './choose.ts'
import { openOn, targetProviderOf } from './ends.ts'
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
  const { log, choices } = parts
  // A mistake in it should not show after hours of proving files.
  if (rolePasswords !== undefined) await readRolePasswords(rolePasswords)
  log.phase('connect')
  const folder = await openServerFolder(options.from, signal)
  if (folder.databases.some(({ made }) => made !== undefined)) assertAsTheyAre(choices)
  const roles = await rolesOfFolder(folder, choices.sourceProvider)
  const ends = { target, targetUrl: options.target, source }
  const origin = folderOrigin({ ...parts, ...ends, folder, roles, pgDump, rolePasswords })
  const run: ServerRun = { ...parts, ...sizes(options), origin, target, onEvent }
  const unfinished = await unfinishedRun(target, signal)
  if (unfinished !== undefined) {
    assertSameRun(unfinished, folder, parts)
    const left = new Set(unfinished.databases.flatMap(({ name, state }) => (state === 'done' ? [] : [name])))
    const databases = folder.databases.filter(({ name }) => left.has(name))
    log.phase('check')
    await proveDatabases(databases, signal)
    return runServer(run, undefined)
  }
  const choice = await choose(run, folder, roles.provider)
  log.phase('check')
  await proveDatabases(choice.chosen, signal)
  log.phase('plan')
  return runServer(run, await begin(run, folder, choice))
}

interface Choice {
  chosen: FolderDatabase[]
  leftOut: LeftOutDatabase[]
  /** Names of the databases that are on the target. */
  there: ReadonlySet<string>
  roles: RolesReport
}

/** Which of the folder's databases are restored, and whether they can be. Changes nothing. */
async function choose(
  { origin, target, choices, signal }: ServerRun,
  folder: ServerFolder,
  source: Provider,
): Promise<Choice> {
  await using session = await openOn(target, 'target', 'control', signal)
  await assertWritable(session)
  const { includeDatabases: include, excludeDatabases: exclude, targetProvider } = choices
  const provider = await targetProviderOf(session, target, targetProvider)
  const ordinary = { is_template: false, allows_connections: true, is_broken: false, tablespace: 'pg_default' }
  const all = folder.databases.map(({ name, bytes }) => ({ name, bytes, ...ordinary }))
  // What the source's service owns is not in the folder.
  const providers = { source: provider, target: provider }
  const { chosen, leftOut } = chooseDatabases(all, { providers, include, exclude, maintenance: 'used' })
  const roles = await origin.roles('show')
  if (choices.tablespaces === 'keep') assertTablespacesKnown(roles)
  const there = new Set((await readDatabases(session)).map(({ name }) => name))
  const existing = chosen.map(({ name }) => name).filter((name) => there.has(name))
  await assertNothingInTheWay(target, existing, { providers: { source, target: provider }, signal })
  const names = new Set(chosen.map(({ name }) => name))
  return { chosen: folder.databases.filter(({ name }) => names.has(name)), leftOut, there, roles }
}

/** Plans the run and makes room for its record: the first thing that is changed on the target. */
async function begin(
  { target, choices, signal }: ServerRun,
  folder: ServerFolder,
  { chosen, leftOut, there, roles }: Choice,
): Promise<NewServerRun> {
  const databases: NewDatabase[] = []
  for (const listed of chosen) {
    const { tablespace } = await databaseInFolder(listed, signal)
    const { name, bytes } = listed
    databases.push({ name, bytes, created: !there.has(name), ...placed({ tablespace }, choices, roles) })
  }
  await using session = await openOn(target, 'target', 'control', signal)
  await makeRecordDatabase(session)
  return {
    source: { describe: folder.path, folder: folder.path, contents: folder.contents },
    choices,
    leftOut,
    databases,
  }
}

/**
 * A script has no entries that could be left out or renamed: it is run as it is.
 * @throws PgleapError `restore.of-scripts`
 */
function assertAsTheyAre({ owners, privileges, tablespaces, roleMap, tablespaceMap }: ServerChoices): void {
  const given = [
    ...(owners === 'skip' ? ['--no-owner'] : []),
    ...(privileges === 'skip' ? ['--no-privileges'] : []),
    ...(tablespaces === 'skip' ? ['--no-tablespaces'] : []),
    ...(Object.keys(roleMap).length > 0 ? ['--role-map'] : []),
    ...(Object.keys(tablespaceMap).length > 0 ? ['--tablespace-map'] : []),
  ]
  if (given.length === 0) return
  throw new PgleapError({
    code: 'restore.of-scripts',
    message: `The folder holds scripts, which are run as they are: ${given.join(', ')} cannot change what they make.`,
    hint: 'Leave the option out; or dump the server as directories or custom files, whose entries can be left out and renamed.',
    party: 'usage',
  })
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
