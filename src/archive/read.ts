import { Cursor } from './cursor.ts'
import type { Archive } from './entry.ts'
import { openArchive } from './open.ts'
import { parseArchive } from './parse.ts'

/**
 * Reads the header and the table of contents of a pg_dump archive: the bytes of a custom-format file or of a toc.dat, or
 * the path of a custom-format or tar file or of a directory. Data blocks are not read, however large the file is. Throws
 * PgleapError `archive.*` for anything that is not a sound archive of version 1.12 to 1.16 (PostgreSQL 9.0 to 18).
 */
export async function readArchive(input: Uint8Array | string): Promise<Archive> {
  if (typeof input !== 'string') {
    const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
    return parseArchive(new Cursor(bytes, input.byteLength)).archive
  }
  await using opened = await openArchive(input)
  return opened.archive
}
