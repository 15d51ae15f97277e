import type { FileHandle } from 'node:fs/promises'

/** Bytes at any position: a file, a member of a tar file. Several may read at once. */
export interface ByteRange {
  readonly size: number
  /** As many bytes as were asked for, fewer only where the range ends. */
  read(at: number, length: number): Promise<Buffer>
}

const PIECE = 256 * 1024

/** A part of a file that is kept open by the caller. */
export function fileRange(handle: FileHandle, start: number, size: number): ByteRange {
  return {
    size,
    async read(at, length) {
      const wanted = Math.max(0, Math.min(length, size - at))
      const bytes = Buffer.allocUnsafe(wanted)
      let have = 0
      while (have < wanted) {
        const { bytesRead } = await handle.read(bytes, have, wanted - have, start + at + have)
        // The file became shorter since it was opened.
        if (bytesRead === 0) break
        have += bytesRead
      }
      return bytes.subarray(0, have)
    },
  }
}

/** A range from its start to its end. */
export async function* pieces(range: ByteRange): AsyncGenerator<Buffer> {
  for (let at = 0; at < range.size; at += PIECE) yield await range.read(at, PIECE)
}

/**
 * Asks for the next chunk while this one is worked on, so that reading and decompressing go on while the consumer waits
 * for a server.
 */
export async function* ahead(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]()
  const ask = () => {
    const asked = chunks.next()
    // Whoever awaits it gets the error; nobody may, when the consumer stops early.
    asked.catch(() => undefined)
    return asked
  }
  let next = ask()
  try {
    for (;;) {
      const chunk = await next
      if (chunk.done === true) return
      next = ask()
      yield chunk.value
    }
  } finally {
    await next.catch(() => undefined)
    await chunks.return?.()
  }
}
