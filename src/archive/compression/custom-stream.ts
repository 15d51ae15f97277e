import { constants, createDeflate } from 'node:zlib'
import type { DataSize, Room } from '../data.ts'
import type { Compression } from '../entry.ts'
import { BlockPipe } from './block-pipe.ts'
import { BLOCK_BYTES, blockCompressor } from './compress.ts'
import { drained } from './drained.ts'

export interface CompressedStream {
  write(...chunks: Uint8Array[]): Room
  end(): Promise<DataSize>
}

/**
 * Data as a custom file's chunks, none of them empty. A frame is one chunk: pg_restore's reader of zstd drops what
 * follows a frame within a chunk (ReadDataFromArchiveZstd), and its reader of gzip knows one zlib stream alone.
 */
export function customStream(
  { compression, level }: { compression: Compression; level: number | undefined },
  store: (bytes: Buffer) => Promise<void>,
): CompressedStream {
  if (compression === 'gzip') return deflated(level, store)
  return new BlockPipe({ blockBytes: BLOCK_BYTES, compress: blockCompressor(compression, level), store })
}

function deflated(level: number | undefined, store: (bytes: Buffer) => Promise<void>): CompressedStream {
  const stream = createDeflate({ level: level ?? constants.Z_DEFAULT_COMPRESSION, chunkSize: 256 * 1024 })
  const size: DataSize = { bytes: 0, storedBytes: 0 }
  const storing = (async () => {
    try {
      const chunks: AsyncIterable<Buffer> = stream
      for await (const bytes of chunks) {
        await store(bytes)
        size.storedBytes += bytes.length
      }
    } finally {
      stream.destroy()
    }
  })()
  // Whoever writes next gets the failure.
  storing.catch(() => undefined)
  return {
    async write(...chunks) {
      // It is destroyed only once storing has ended, which then throws.
      if (stream.destroyed) await storing
      // zlib reads them in its own thread, after the caller may have used them again.
      const own = Buffer.concat(chunks)
      size.bytes += own.length
      if (!stream.write(own)) await drained(stream)
    },
    async end() {
      stream.end()
      await storing
      return size
    },
  }
}
