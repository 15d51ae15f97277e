import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PgleapError } from '../errors.ts'
import { Cursor, EndOfBytes } from './cursor.ts'
import type { Archive } from './entry.ts'
import { parseArchive } from './parse.ts'

const FIRST_READ = 1024 * 1024

/**
 * Reads the header and the table of contents of a pg_dump archive: the bytes of a custom-format file or of a toc.dat, or
 * the path of a custom-format file or a directory. Data blocks are not read, however large the file is. Throws
 * PgleapError `archive.*` for anything that is not a sound archive of version 1.12 to 1.16 (PostgreSQL 9.0 to 18).
 */
export async function readArchive(input: Uint8Array | string): Promise<Archive> {
  if (typeof input !== 'string') {
    return parseArchive(new Cursor(Buffer.from(input.buffer, input.byteOffset, input.byteLength), input.byteLength))
  }
  try {
    return await readFile(input)
  } catch (error) {
    throw named(input, error)
  }
}

async function readFile(path: string): Promise<Archive> {
  const file = (await stat(path)).isDirectory() ? join(path, 'toc.dat') : path
  await using handle = await open(file)
  const { size } = await handle.stat()
  let have = Buffer.alloc(0)
  // The table of contents does not say how long it is: take a first part, and twice as much until it is all there.
  for (let want = FIRST_READ; ; want *= 2) {
    const more = Buffer.alloc(Math.min(want, size) - have.length)
    const { bytesRead } = await handle.read(more, 0, more.length, have.length)
    have = Buffer.concat([have, more.subarray(0, bytesRead)])
    try {
      return parseArchive(new Cursor(have, bytesRead < more.length ? have.length : size))
    } catch (error) {
      if (!(error instanceof EndOfBytes)) throw error
    }
  }
}

function named(path: string, error: unknown): unknown {
  if (error instanceof PgleapError) {
    const { code, message, hint, party } = error
    return new PgleapError({ code, message: `${path}: ${message}`, hint, party, cause: error })
  }
  if (error instanceof Error && 'code' in error) {
    return new PgleapError({
      code: 'archive.unreadable',
      message: `${path} cannot be read: ${error.message}.`,
      hint: 'Name a file made by pg_dump -Fc, or a directory made by pg_dump -Fd that holds toc.dat.',
      party: 'usage',
      cause: error,
    })
  }
  return error
}
