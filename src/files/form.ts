import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PgleapError } from '../errors.ts'
import { SERVER_FILE } from './server-file.ts'

/** Where a tar file says what it is (tar's header, POSIX.1-1988). */
const TAR_AT = 257

/**
 * What lies at a path: an archive of pg_dump or pgleap (a directory, a custom or a tar file), a script (anything else, also
 * compressed), or a whole server as `dump` with all databases writes it.
 *
 * @throws PgleapError `archive.unreadable`
 */
export async function formOf(path: string): Promise<'archive' | 'script' | 'server'> {
  try {
    if ((await stat(path)).isDirectory()) return (await isThere(join(path, SERVER_FILE))) ? 'server' : 'archive'
    await using file = await open(path)
    const start = Buffer.alloc(512)
    const { bytesRead } = await file.read(start, 0, start.length, 0)
    const text = start.toString('latin1', 0, bytesRead)
    return text.startsWith('PGDMP') || text.startsWith('ustar', TAR_AT) ? 'archive' : 'script'
  } catch (cause) {
    const why = cause instanceof Error ? `: ${cause.message}` : ''
    throw new PgleapError({
      code: 'archive.unreadable',
      message: `${path} cannot be read${why}.`,
      hint: 'Name a directory or a file of pg_dump or pgleap, or a script of pg_dump or pg_dumpall.',
      party: 'usage',
      cause,
    })
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
