import { parseConnection, type ConnectionInfo } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import {
  databaseInFolder,
  restoreDatabase,
  restoreScriptDatabase,
  rolesInFolder,
  type FolderDatabase,
  type ServerFolder,
} from '../files/index.ts'
import { rolesFrom, type RolesOrigin } from '../globals/index.ts'
import { recogniseByNames, resolveProvider } from '../provider/index.ts'
import type { RunReport } from '../report/index.ts'
import { chosenProviders } from './choices.ts'
import { openOn, targetProviderOf } from './ends.ts'
import type { BringOptions, Origin } from './origin.ts'
import type { RecordedDatabase } from './record.ts'
import { rolesOptions } from './roles.ts'
import type { RunParts } from './run-server.ts'

export interface FolderOriginOptions extends RunParts {
  folder: ServerFolder
  /** Its roles, of files that were proved. */
  roles: RolesOrigin
  target: ConnectionInfo
  /** The same as text, for calls that take nothing else. */
  targetUrl: string
  /** The server that was dumped, where somebody has named it. */
  source: string | undefined
  pgDump: string | undefined
  rolePasswords: string | undefined
}

/** The roles of a folder. Whose service they are of is what the user names, else what their names tell. */
export async function rolesOfFolder(
  { path, source }: ServerFolder,
  sourceProvider: string | null,
): Promise<RolesOrigin> {
  const facts = await rolesInFolder(path)
  const names = { roles: facts.roles.map(({ name }) => name), schemas: [] }
  const provider =
    sourceProvider === null ? recogniseByNames(names, source.host) : await resolveProvider(sourceProvider)
  return { facts, provider, endpoint: source }
}

/** A folder that is restored; the files of what it brings have been proved. */
export function folderOrigin(options: FolderOriginOptions): Origin {
  const { folder, target, targetUrl, signal } = options
  const source = options.source === undefined ? undefined : parseConnection(options.source)
  const listed = new Map(folder.databases.map((database) => [database.name, database]))
  const find = (name: string): FolderDatabase => {
    const found = listed.get(name)
    if (found === undefined) throw notListed(folder.path, name)
    return found
  }
  return {
    words: { bring: 'restore', brought: 'restored', again: 'the same command' },
    folder: folder.path,
    roles: (apply) => rolesFrom(options.roles, { ...rolesOptions(options, apply), target: targetUrl }),
    async bring(database, bring) {
      const found = find(database.name)
      const { made } = found
      const bringing = { options, found, source, database }
      return made === undefined ? bringArchive(bringing, bring) : bringScript({ ...bringing, made }, bring)
    },
    async open() {
      const session = await openOn(target, 'target', 'control', signal)
      return {
        target: session,
        source: undefined,
        providers: async () => ({
          source: options.roles.provider,
          target: await targetProviderOf(session, target, options.choices.targetProvider),
        }),
        from: folder.source,
        major: options.roles.facts.major,
        properties: async (name) => (await databaseInFolder(find(name), signal)).facts,
        [Symbol.asyncDispose]: () => session.close(),
      }
    },
  }
}

interface Bringing {
  options: FolderOriginOptions
  found: FolderDatabase
  source: ConnectionInfo | undefined
  database: RecordedDatabase
}

async function bringArchive(
  { options, found, source, database }: Bringing,
  { jobs, there, emit, onReport }: BringOptions,
): Promise<RunReport> {
  const { folder, target, choices, pgDump, signal } = options
  const { name } = database
  const { owners, privileges, tablespaces, roleMap, verify } = choices
  const report = await restoreDatabase(
    target.withDatabase(name),
    {
      from: found.path,
      owners,
      privileges,
      tablespaces,
      roleMap,
      verify,
      ...chosenProviders(choices),
      tablespaceMap: database.tablespaceMap,
      ...(source === undefined ? {} : { source: source.withDatabase(name) }),
      ...(pgDump === undefined ? {} : { pgDump }),
      ...(signal === undefined ? {} : { signal }),
      create: there === 'there' ? 'existing' : 'create',
      jobs,
      onEvent: emit,
    },
    {
      proved: 'done',
      created: database.created ? 'created' : 'found',
      tablespace: database.tablespace ?? undefined,
      onReport: (done) => onReport(asRun(done, folder, found)),
    },
  )
  return asRun(report, folder, found)
}

async function bringScript(
  { options, found, made, source, database }: Bringing & { made: NonNullable<FolderDatabase['made']> },
  { jobs, there, emit, onReport }: BringOptions,
): Promise<RunReport> {
  const { folder, target, choices, signal } = options
  const report = await restoreScriptDatabase(target.withDatabase(database.name), {
    from: found.path,
    made,
    create: there === 'there' ? 'existing' : 'create',
    created: database.created ? 'created' : 'found',
    tablespace: database.tablespace ?? undefined,
    verify: choices.verify,
    sourceProvider: options.roles.provider,
    targetProvider: choices.targetProvider ?? undefined,
    source: source?.withDatabase(database.name),
    jobs,
    onEvent: emit,
    signal,
    onReport: (done) => onReport(asRun(done, folder, found)),
  })
  return asRun(report, folder, found)
}

/** A restore is a run whose source was read before: at the moment of the dump. */
function asRun<T extends Omit<RunReport, 'source' | 'snapshot'>>(
  report: T,
  { source }: ServerFolder,
  { name, moment }: FolderDatabase,
): T & RunReport {
  return { ...report, source: { ...source, database: name }, snapshot: moment }
}

function notListed(path: string, name: string): PgleapError {
  return new PgleapError({
    code: 'restore.no-entry',
    message: `${path} holds no database "${name}", with which the restore began.`,
    hint: 'Name the folder that it began with.',
    party: 'usage',
  })
}
