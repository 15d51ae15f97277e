import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PgleapError } from '../errors.ts'
import { readKeptRoles, type ServerRoles } from '../globals/index.ts'
import type { Endpoint } from '../report/index.ts'
import { formOf } from './form.ts'
import { readText } from './json-file.ts'
import { manifestPath, readManifest } from './manifest.ts'
import { readArchivedDatabase, type ArchivedDatabase } from './restore/archived-database.ts'
import { checkFiles, type Listed } from './restore/check-files.ts'
import type { ServerDatabase } from './server-database.ts'
import { readServerFile, ROLES_DATA, type ServerFile } from './server-file.ts'

/** A whole server in a folder, as `dump` with all databases writes it. */
export interface ServerFolder {
  /** As it was named. */
  path: string
  /** SHA-256 of what the folder says of itself, which names the SHA-256 of all else. */
  contents: string
  /** The server that was dumped. */
  source: Endpoint
  databases: FolderDatabase[]
}

export interface FolderDatabase {
  name: string
  /** The archive or script. */
  path: string
  /** Of its files. */
  bytes: number
  /** ISO 8601, UTC: the moment of the source that the archive shows. */
  moment: string
  /** How to make it, of a script; an archive says that itself. */
  made: ServerDatabase | undefined
}

/**
 * Reads what is in a folder, and proves its roles and its databases' manifests.
 * @throws PgleapError `restore.no-server`, `manifest.*`
 */
export async function openServerFolder(path: string, signal: AbortSignal | undefined): Promise<ServerFolder> {
  const { source, databases, files, sha256 } = await readServerFile(path)
  await checkFiles([{ path, kind: 'directory', files }], signal)
  return { path, contents: sha256, source, databases: databases.map((listed) => databaseIn(path, listed)) }
}

function databaseIn(
  folder: string,
  { database, path, bytes, moment, made }: ServerFile['databases'][number],
): FolderDatabase {
  return { name: database, path: join(folder, path), bytes, moment, made }
}

/**
 * Proves every file of these databases: sizes first, then the SHA-256 of every byte. Nothing that is truncated, altered or mixed up
 * comes to a server.
 *
 * @throws PgleapError `manifest.files-differ`, which names the files; `restore.no-database`
 */
export async function proveDatabases(
  databases: readonly FolderDatabase[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const archives: Listed[] = []
  for (const { path, made } of databases) {
    if ((await formOf(path)) === 'script' && made === undefined) throw noDatabase(path)
    const kind = (await stat(path)).isDirectory() ? 'directory' : 'file'
    const manifest = await readManifest(manifestPath(path, kind))
    archives.push({ path, kind, files: manifest?.files ?? [] })
  }
  await checkFiles(archives, signal)
}

/** @throws PgleapError `manifest.unreadable`, `manifest.damaged` */
export async function rolesInFolder(folder: string): Promise<ServerRoles> {
  const path = join(folder, ROLES_DATA)
  return readKeptRoles(path, (await readText(path)) ?? '')
}

/** The database as such, as it was when it was dumped: every archive of ours says that, and of a script its folder does. */
export async function databaseInFolder(
  { path, made }: FolderDatabase,
  signal: AbortSignal | undefined,
): Promise<ArchivedDatabase> {
  const database = made ?? (await readArchivedDatabase(path, signal))
  if (database !== undefined) return database
  throw noDatabase(path)
}

/** Scripts of older pgleaps among them, which wrote nothing about their databases into the folder. */
function noDatabase(path: string): PgleapError {
  return new PgleapError({
    code: 'restore.no-database',
    message: `Neither ${path} nor its folder says how its database was made.`,
    hint: 'Make the database yourself, and restore the archive or script by itself; or dump the server again.',
    party: 'usage',
  })
}
