import { stat } from 'node:fs/promises'
import { openArchive, type OpenArchive } from '../../archive/index.ts'
import type { ArchiveReport } from '../../report/index.ts'
import { manifestPath, readManifest, type Manifest } from '../manifest.ts'
import { checkFiles } from './check-files.ts'
import { identityOf, type ArchiveIdentity } from './identity.ts'

/** An archive that is ready to be restored or compared with. */
export interface Files extends AsyncDisposable {
  open: OpenArchive
  /** Undefined where none lies beside the archive; otherwise each file has been compared with it. */
  manifest: Manifest | undefined
  identity: ArchiveIdentity
}

/**
 * Opens an archive, and proves its files where a manifest lies beside it and nobody has proved them yet.
 *
 * @throws PgleapError `archive.*`, `manifest.*`
 */
export async function openFiles(
  path: string,
  signal: AbortSignal | undefined,
  proved: 'done' | 'not-yet' = 'not-yet',
): Promise<Files> {
  const open = await openArchive(path, signal === undefined ? {} : { signal })
  try {
    const kind = (await stat(path)).isDirectory() ? 'directory' : 'file'
    const manifest = await readManifest(manifestPath(path, kind))
    if (manifest !== undefined && proved === 'not-yet')
      await checkFiles([{ path, kind, files: manifest.files }], signal)
    const identity = await identityOf(path, open.archive)
    return { open, manifest, identity, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() }
  } catch (error) {
    await open[Symbol.asyncDispose]()
    throw error
  }
}

export function archiveReport({ open: { archive }, manifest, identity }: Files): ArchiveReport {
  const { format, database, serverVersion, pgDumpVersion, createdAt } = archive
  return {
    path: identity.path,
    format,
    database,
    serverVersion,
    pgDumpVersion,
    createdAt: createdAt.toISOString(),
    manifest: manifest === undefined ? 'absent' : 'present',
  }
}

/** The major of a version that an archive names: `14.23 (Debian 14.23-1)`. */
export function majorOf(version: string): number {
  return Number(/^\d+/.exec(version)?.[0] ?? 0)
}
