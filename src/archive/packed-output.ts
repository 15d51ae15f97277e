import type { Writable } from 'node:stream'
import { BlockPipe } from './compression/block-pipe.ts'
import { BLOCK_BYTES, blockCompressor } from './compression/compress.ts'
import type { Room, WrittenFile } from './data.ts'
import type { Compression } from './entry.ts'
import { outputTo } from './single-output.ts'

export interface PackedOutputOptions {
  /** A file that is not there yet, or a stream, which is its owner's to end. */
  out: string | Writable
  compression: Compression
  level?: number | undefined
}

/** Disposal without `finish` leaves no file of the name that was given. */
export interface PackedOutput extends AsyncDisposable {
  write(chunk: Uint8Array): Room
  finish(): Promise<WrittenFile>
}

/** One file of anything, compressed in the thread pool. Throws PgleapError as the writers of archives do. */
export async function packedOutput({ out, compression, level }: PackedOutputOptions): Promise<PackedOutput> {
  const compress = blockCompressor(compression, level)
  const output = await outputTo(out)
  const pipe = new BlockPipe({ blockBytes: BLOCK_BYTES, compress, store: (bytes) => output.write(bytes) })
  let isWhole = false
  return {
    write: (chunk) => pipe.write(chunk),
    async finish() {
      await pipe.end()
      const file = await output.finish()
      isWhole = true
      return file
    },
    async [Symbol.asyncDispose]() {
      if (!isWhole) await output.abandon()
    },
  }
}
