import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import { PgleapError, unreachable } from '../../errors.ts'
import type { Compression } from '../entry.ts'
import { compressLz4 } from './lz4.ts'
import { compressZstd } from './zstd.ts'

/** Each block becomes a gzip member or a frame of its own; larger ones would hardly be smaller in the end. */
export const BLOCK_BYTES = 1024 * 1024

export type CompressBlock = (block: Buffer) => Promise<Buffer>

const LEVELS = { gzip: [1, 9], zstd: [1, 22] } as const

const gzipped = promisify(gzip)

/**
 * Compresses one block after the other in the thread pool; what comes out of several, put together, is one file of that
 * kind. Throws PgleapError `archive.level` for a level that the kind does not have.
 */
export function blockCompressor(kind: Compression, level?: number): CompressBlock {
  checkLevel(kind, level)
  switch (kind) {
    case 'none':
      return (block) => Promise.resolve(block)
    case 'gzip':
      return (block) => gzipped(block, { level: level ?? constants.Z_DEFAULT_COMPRESSION })
    case 'lz4':
      return compressLz4
    case 'zstd':
      return compressZstd(level)
    default:
      return unreachable(kind)
  }
}

export function checkLevel(kind: Compression, level: number | undefined): void {
  if (level === undefined) return
  const range = kind === 'gzip' || kind === 'zstd' ? LEVELS[kind] : undefined
  if (range !== undefined && Number.isInteger(level) && level >= range[0] && level <= range[1]) return
  throw new PgleapError({
    code: 'archive.level',
    message:
      range === undefined
        ? `The compression ${kind} has no levels.`
        : `${level} is no level of ${kind}: it has the levels ${range[0]} to ${range[1]}.`,
    hint: 'Leave the level out, or name another one.',
    party: 'usage',
  })
}
