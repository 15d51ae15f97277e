import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Archive } from '../../archive/index.ts'
import { PgleapError } from '../../errors.ts'

/** What tells one archive from another, and from itself after a change. Plain JSON, for the ledger. */
export interface ArchiveIdentity {
  path: string
  /** Of all its files together. */
  bytes: number
  /** When the last of its files was changed; ISO 8601. */
  modified: string
  /** SHA-256 of its table of contents, as it was understood. */
  contents: string
}

/** The files of a directory that are the archive's (pg_backup_directory.c); what else lies there does not count. */
export const ITS_FILES = /^(?:toc\.dat|\d+\.dat|blobs?[_.].*)(?:\.(?:gz|lz4|zst))?$/

export async function identityOf(path: string, archive: Archive): Promise<ArchiveIdentity> {
  const info = await stat(path)
  const names = info.isDirectory() ? (await readdir(path)).filter((name) => ITS_FILES.test(name)) : ['']
  const files = await Promise.all(names.map((name) => stat(join(path, name))))
  const plain = JSON.stringify(archive, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  return {
    path: resolve(path),
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    modified: new Date(files.reduce((latest, { mtimeMs }) => Math.max(latest, mtimeMs), 0)).toISOString(),
    contents: createHash('sha256').update(plain).digest('hex'),
  }
}

/**
 * A restore goes on with the archive that it began with: rows of two archives must not mix. Where a manifest has proved each
 * file (`checked`), a copy is as good as the first one.
 *
 * @throws PgleapError `restore.other-archive`
 */
export function assertSameArchive(
  began: ArchiveIdentity,
  now: ArchiveIdentity,
  files: 'checked' | 'not-checked',
): void {
  const isSame =
    began.contents === now.contents &&
    began.bytes === now.bytes &&
    (files === 'checked' || began.modified === now.modified)
  if (isSame) return
  throw new PgleapError({
    code: 'restore.other-archive',
    message: `The target holds an unfinished restore of another archive: ${began.path}, ${String(began.bytes)} bytes, of ${began.modified}; ${now.path} has ${String(now.bytes)} bytes, of ${now.modified}.`,
    hint: 'Name that archive, unchanged; or give up on that restore: empty the target, drop its schema pgleap, and start anew.',
    party: 'usage',
  })
}
