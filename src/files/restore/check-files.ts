import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileChecksum } from '../../archive/index.ts'
import { PgleapError } from '../../errors.ts'
import type { Manifest } from '../manifest.ts'
import { ITS_FILES } from './identity.ts'

const MOST_NAMES = 5

/**
 * Compares each file of an archive with its manifest: sizes first, which is quick, then the SHA-256 of every byte. Nothing
 * that is truncated, altered or of another dump comes to a server; nor does a file that a reader would take in place of one
 * of these, as it has the same name but for the suffix of the compression.
 *
 * @throws PgleapError `manifest.files-differ`, which names the files
 */
export async function checkFiles(
  archive: { path: string; kind: 'directory' | 'file' },
  { files }: Pick<Manifest, 'files'>,
  signal?: AbortSignal,
): Promise<void> {
  const pathOf = (name: string) => (archive.kind === 'directory' ? join(archive.path, name) : archive.path)
  const wrong: string[] = []
  for (const { path, bytes } of files) {
    const size = await sizeOf(pathOf(path))
    if (size === undefined) wrong.push(`${path} is missing`)
    else if (size !== bytes) wrong.push(`${path} has ${String(size)} bytes in place of ${String(bytes)}`)
  }
  if (archive.kind === 'directory') {
    const known = new Set(files.map(({ path }) => path))
    const strange = (await readdir(archive.path)).filter((name) => ITS_FILES.test(name) && !known.has(name))
    wrong.push(...strange.map((name) => `${name} is not of this dump`))
  }
  if (wrong.length > 0) throw differ(archive.path, wrong)
  for (const { path, sha256 } of files) {
    if ((await hashOf(pathOf(path), signal)) !== sha256) wrong.push(`${path} was altered`)
  }
  if (wrong.length > 0) throw differ(archive.path, wrong)
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
