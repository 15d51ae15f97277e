import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { PgleapError, unreachable } from '../../errors.ts'
import { keepRoles } from '../../globals/index.ts'
import { endpoint, openSession, RunLog, userObjects } from '../../migrate/index.ts'
import { recogniseProvider, resolveProvider } from '../../provider/index.ts'
import type { Endpoint } from '../../report/index.ts'
import { loadSql } from '../../sql.ts'
import { manifestPath, readManifest } from '../manifest.ts'
import { readServerDatabase, type ServerDatabase } from '../server-database.ts'
import { describeFiles, ROLES_DATA, ROLES_SCRIPT, SERVER_FILE, serverFileText } from '../server-file.ts'
import { chooseDatabases, type FoundDatabase } from './choose-databases.ts'
import { dumpDatabase, type DatabaseDump } from './database.ts'
import { exists, makeError } from './errors.ts'
import type { DumpedDatabase, DumpOptions, DumpReport } from './options.ts'
import { Place } from './place.ts'

const databasesSql = loadSql(import.meta.url, 'databases.sql')

/** The database that every server starts with: it is dumped only where somebody uses it. */
const MAINTENANCE = 'postgres'

export type AllDatabases = Omit<DatabaseDump, 'to' | 'manifest' | 'snapshot'> & { options: DumpOptions }

/**
 * Dumps all databases of a server into a folder: `databases/NAME` each, `roles.sql` and `pgleap-roles.json`, and last
 * `pgleap-server.json`, which lists them. Several databases at once, the largest first.
 */
export async function dumpAll(
  all: AllDatabases,
): Promise<Pick<DumpReport, 'source' | 'databases' | 'leftOut' | 'failed' | 'roles'>> {
  const { options, log, signal } = all
  const folder = folderOf(options)
  log.phase('connect')
  const { source, chosen, leftOut } = await look(all)
  await makeFolder(folder, options.resume ?? 'new')
  const path = await writeRoles(folder, all)
  const budget = budgetOf(all, chosen.length)
  log.notice({
    level: 'info',
    code: 'dump.databases',
    message: `${String(chosen.length)} databases to dump, ${String(budget.atOnce)} at a time, with ${String(budget.jobs)} jobs each.`,
  })
  const databases: DumpedDatabase[] = []
  const failed: DumpReport['failed'] = []
  const made = new Map<string, ServerDatabase>()
  const waiting = chosen.toSorted((one, other) => (other.bytes ?? 0) - (one.bytes ?? 0))
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined && !isStopped(signal); next = waiting.shift()) {
      const { name } = next
      try {
        // An archive says itself how its database is made, and a script of the contents does not.
        if (all.choices.format === 'plain') made.set(name, await howMade(all, name))
        databases.push(
          await dumpNamed({ ...all, jobs: budget.jobs }, name, join(folder, 'databases', fileOf(name, all))),
        )
      } catch (error) {
        if (isStopped(signal)) return
        failed.push(failure(name, error))
        const { message, hint } = failure(name, error)
        log.notice({
          level: 'warning',
          code: 'dump.database-failed',
          message: `It could not be dumped, and the others go on: ${message}`,
          object: name,
          ...(hint === undefined ? {} : { hint }),
        })
      }
    }
  }
  await Promise.all(Array.from({ length: budget.atOnce }, work))
  if (isStopped(signal)) throw interrupted(signal?.reason)
  databases.sort((one, other) => (one.database < other.database ? -1 : 1))
  if (failed.length === 0) await writeServerFile(folder, { source, databases, made, all })
  return { source, databases, leftOut, failed, roles: path }
}

function isStopped(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}

function folderOf({ to, include = [], exclude = [], excludeData = [], snapshot }: DumpOptions): string {
  const wrong = [
    ...(typeof to === 'string' ? [] : ['a stream']),
    ...(include.length + exclude.length + excludeData.length > 0 ? ['a choice of tables'] : []),
    ...(snapshot === undefined ? [] : ['a snapshot']),
  ]
  if (typeof to === 'string' && wrong.length === 0) return to
  throw new PgleapError({
    code: 'usage.option',
    message: `All databases go into a folder; ${wrong.join(' and ')} cannot be given with them.`,
    hint: 'Dump a database by itself for that.',
    party: 'usage',
  })
}

async function look({ info, options, signal, sourceProvider }: AllDatabases) {
  await using session = await openSession(info, 'source', 'control', signal)
  const provider =
    sourceProvider === undefined
      ? await recogniseProvider(session, info.hosts[0]?.host)
      : await resolveProvider(sourceProvider)
  const found = await session.query<FoundDatabase>(databasesSql)
  const { includeDatabases: include = [], excludeDatabases: exclude = [] } = options
  const { chosen, leftOut } = chooseDatabases(found, { provider, include, exclude })
  const source: Endpoint = endpoint(info, session)
  if (!chosen.some(({ name }) => name === MAINTENANCE)) return { source, chosen, leftOut }
  await using maintenance = await openSession(info.withDatabase(MAINTENANCE), 'source', 'control', signal)
  if ((await userObjects(maintenance)).length > 0) return { source, chosen, leftOut }
  const empty = { database: MAINTENANCE, reason: 'empty', message: 'Nobody has made anything in it.' } as const
  return { source, chosen: chosen.filter(({ name }) => name !== MAINTENANCE), leftOut: [...leftOut, empty] }
}

/** New, or, to go on, one that a dump of all databases has begun. */
async function makeFolder(folder: string, resume: 'resume' | 'new'): Promise<void> {
  try {
    const made = await mkdir(join(folder, 'databases'), { recursive: true, mode: 0o700 })
    if (made === undefined && resume === 'new') throw exists(folder)
  } catch (error) {
    throw makeError(folder, error)
  }
}

/** The roles as of now; they are written anew by a dump that goes on. */
async function writeRoles(folder: string, { options, sourceProvider, signal }: AllDatabases): Promise<string> {
  const { script, data } = await keepRoles({
    source: options.source,
    verifiers: options.verifiers ?? 'include',
    ...(sourceProvider === undefined ? {} : { sourceProvider }),
    ...(signal === undefined ? {} : { signal }),
  })
  const path = join(folder, ROLES_SCRIPT)
  await writeWhole(path, script)
  await writeWhole(join(folder, ROLES_DATA), data)
  return path
}

/** Nobody but the user may read what has password verifiers in it. */
async function writeWhole(path: string, text: string): Promise<void> {
  try {
    const handle = await open(`${path}.partial`, 'w', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(`${path}.partial`, path)
  } catch (error) {
    throw makeError(path, error)
  }
}

function budgetOf({ jobs, options }: AllDatabases, count: number): { atOnce: number; jobs: number } {
  const wanted = options.databasesAtOnce ?? Math.max(1, Math.min(4, Math.floor(jobs / 2)))
  const atOnce = Math.max(1, Math.min(wanted, jobs, count))
  return { atOnce, jobs: Math.max(1, Math.floor(jobs / atOnce)) }
}

async function howMade({ info, signal }: AllDatabases, name: string): Promise<ServerDatabase> {
  await using session = await openSession(info.withDatabase(name), 'source', 'control', signal)
  return await readServerDatabase(session)
}

/** One database; one that is whole already is left as it is: different databases are of different moments anyway. */
async function dumpNamed(all: AllDatabases, name: string, path: string): Promise<DumpedDatabase> {
  const { options, log, info } = all
  const place = new Place(path, all.choices.format === 'directory' ? 'directory' : 'file')
  if (options.resume === 'resume' && (await place.isWhole())) return keptDatabase(place, name)
  const own = new RunLog((event) => log.emit({ ...event, database: name }))
  const { database } = await dumpDatabase({
    ...all,
    info: info.withDatabase(name),
    to: place,
    manifest: undefined,
    snapshot: undefined,
    log: own,
  })
  return database
}

async function keptDatabase(place: Place, name: string): Promise<DumpedDatabase> {
  const path = manifestPath(place.path, place.kind)
  const manifest = await readManifest(path)
  const tables = manifest?.tables ?? []
  return {
    database: name,
    to: place.path,
    manifest: path,
    moment: manifest?.moment.at ?? '',
    bytes: (manifest?.files ?? []).reduce((sum, file) => sum + file.bytes, 0),
    files: manifest?.files.length ?? 0,
    tables: tables.map((table) => ({ table: `${table.schema}.${table.name}`, rows: table.rows, bytes: table.bytes })),
    largeObjects: manifest?.largeObjects ?? { count: 0, bytes: 0 },
    sequences: manifest?.sequences.length ?? 0,
    hashes: manifest?.content === undefined ? 'none' : 'full',
    kept: tables.length,
  }
}

/** A database's name may hold what no file's name does; two names never become one. */
function fileOf(name: string, { choices: { format, compression } }: AllDatabases): string {
  const safe = encodeURIComponent(name).replaceAll(/[.*'()!~]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`)
  switch (format) {
    case 'directory':
      return safe
    case 'custom':
      return `${safe}.dump`
    case 'plain':
      return `${safe}.sql${SUFFIXES[compression]}`
    default:
      return unreachable(format)
  }
}

const SUFFIXES = { none: '', gzip: '.gz', lz4: '.lz4', zstd: '.zst' } as const

interface WrittenDatabases {
  source: Endpoint
  databases: readonly DumpedDatabase[]
  made: ReadonlyMap<string, ServerDatabase>
  all: AllDatabases
}

async function writeServerFile(folder: string, { source, databases, made, all }: WrittenDatabases): Promise<void> {
  const listed = databases.map(({ database, moment, bytes }) => {
    const how = made.get(database)
    const path = `databases/${fileOf(database, all)}`
    return { database, path, moment, bytes, ...(how === undefined ? {} : { made: how }) }
  })
  const kind = all.choices.format === 'directory' ? 'directory' : 'file'
  const manifests = listed.map(({ path }) => manifestPath(path, kind))
  const files = await describeFiles(folder, [ROLES_SCRIPT, ROLES_DATA, ...manifests])
  await writeWhole(join(folder, SERVER_FILE), serverFileText({ source, files, databases: listed }))
}

function failure(database: string, error: unknown): DumpReport['failed'][number] {
  if (!(error instanceof PgleapError)) return { database, code: 'internal.unknown', message: String(error) }
  const { code, message, hint } = error
  return { database, code, message, ...(hint === undefined ? {} : { hint }) }
}

function interrupted(cause: unknown): PgleapError {
  return new PgleapError({
    code: 'run.interrupted',
    message: 'Stopped as asked; the databases that are in the folder are whole.',
    hint: 'The same command with --resume goes on.',
    party: 'interrupted',
    cause,
  })
}
