import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileChecksum } from '../../archive/index.ts'
import { PgleapError } from '../../errors.ts'
import type { Manifest } from '../manifest.ts'
import { ITS_FILES } from './identity.ts'

const MOST_NAMES = 5

/** What lies at a path, and what its files should be. */
export interface Listed extends Pick<Manifest, 'files'> {
  path: string
  kind: 'directory' | 'file'
}

/**
 * Compares each file of archives with their manifests: sizes first, which is quick, then the SHA-256 of every byte. Nothing
 * that is truncated, altered or of another dump comes to a server; nor does a file that a reader would take in place of one
 * of these, as it has the same name but for the suffix of the compression.
 *
 * @throws PgleapError `manifest.files-differ`, which names the files of the first archive that is not right
 */
export async function checkFiles(archives: readonly Listed[], signal?: AbortSignal): Promise<void> {
  for (const archive of archives) {
    const wrong = await wrongBySize(archive)
    if (wrong.length > 0) throw differ(archive.path, wrong)
  }
  for (const archive of archives) {
    const wrong: string[] = []
    for (const { path, sha256 } of archive.files) {
      if ((await hashOf(pathIn(archive, path), signal)) !== sha256) wrong.push(`${path} was altered`)
    }
    if (wrong.length > 0) throw differ(archive.path, wrong)
  }
}

function pathIn({ path, kind }: Listed, name: string): string {
  return kind === 'directory' ? join(path, name) : path
}

async function wrongBySize(archive: Listed): Promise<string[]> {
  const { files } = archive
  const wrong: string[] = []
  for (const { path, bytes } of files) {
    const size = await sizeOf(pathIn(archive, path))
    if (size === undefined) wrong.push(`${path} is missing`)
    else if (size !== bytes) wrong.push(`${path} has ${String(size)} bytes in place of ${String(bytes)}`)
  }
  if (archive.kind === 'directory') {
    const known = new Set(files.map(({ path }) => path))
    const strange = (await readdir(archive.path)).filter((name) => ITS_FILES.test(name) && !known.has(name))
    wrong.push(...strange.map((name) => `${name} is not of this dump`))
  }
  return wrong
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw unreadable(path, error)
  }
}

async function hashOf(path: string, signal: AbortSignal | undefined): Promise<string> {
  try {
    return await fileChecksum(path, signal)
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw unreadable(path, error)
  }
}

function unreadable(path: string, error: unknown): PgleapError {
  return new PgleapError({
    code: 'archive.unreadable',
    message: `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    hint: 'See who may read it, and whether its disk is sound.',
    party: 'usage',
    cause: error,
  })
}

function differ(path: string, wrong: readonly string[]): PgleapError {
  const more = wrong.length - MOST_NAMES
  return new PgleapError({
    code: 'manifest.files-differ',
    message: `${path} is not what its manifest says: ${wrong.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}.`,
    hint: 'Copy the archive again from where it was made, with all of its files, or make it again. Nothing was changed on the target.',
    party: 'usage',
  })
}
