import { Duplex } from 'node:stream'
import { unreachable } from '../../errors.ts'
import type { Compression } from '../entry.ts'
import { gunzipped, inflated } from './zlib.ts'
import { lz4Decompressed } from './lz4.ts'
import { zstdDecompressed } from './zstd.ts'

/**
 * The content of a compressed file: any number of gzip members, lz4 or zstd frames one after the other. Holds a few MB,
 * whatever the bytes claim. Throws PgleapError `archive.corrupt` where they are damaged or end too early.
 */
export function decompressed(kind: Compression, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  switch (kind) {
    case 'none':
      return asItIs(source)
    case 'gzip':
      return gunzipped(source)
    case 'lz4':
      return lz4Decompressed(source)
    case 'zstd':
      return zstdDecompressed(source)
    default:
      return unreachable(kind)
  }
}

/** The content of a custom file's block, where gzip means zlib's own format. */
export function decompressedBlocks(kind: Compression, source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  return kind === 'gzip' ? inflated(source) : decompressed(kind, source)
}

/** `decompressed` as a stream. */
export function decompressor(kind: Compression): Duplex {
  return Duplex.from((source: AsyncIterable<Buffer>) => decompressed(kind, source))
}

async function* asItIs(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* source
}
