import type { ByteRange } from './bytes.ts'
import { Cursor, EndOfBytes, type TextMode } from './cursor.ts'
import { parseArchive, type ParsedArchive } from './parse.ts'

const FIRST_READ = 1024 * 1024

/** The table of contents does not say how long it is: a first part is read, and more until it is all there. */
export async function readToc(range: ByteRange, text: TextMode = 'decoded'): Promise<ParsedArchive> {
  let have = await range.read(0, FIRST_READ)
  for (;;) {
    try {
      return parseArchive(new Cursor(have, range.size, text))
    } catch (error) {
      if (!(error instanceof EndOfBytes)) throw error
      have = await grown(range, have, Math.min(range.size, Math.max(error.wanted, have.length * 2)))
    }
  }
}

async function grown(range: ByteRange, have: Buffer, size: number): Promise<Buffer> {
  const more = await range.read(have.length, size - have.length)
  // The file became shorter since it was opened; what is missing reads as damage.
  return Buffer.concat([have, more], size)
}
