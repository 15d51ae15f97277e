import { damagedData } from '../errors.ts'
import { xxhash } from './checksum.ts'
import { Feed } from './feed.ts'

const MAGIC = 0xfd2fb528
/** Sixteen kinds of frames whose content is to be passed over. */
const SKIPPABLE = 0x184d2a50
/** No block's content is longer. */
const BLOCK = 128 * 1024
/** Content that may be held at once; a longer frame is decompressed as a stream. */
const LARGEST_WHOLE = 4 * 1024 * 1024
/** The largest window that decoders have to expect, and that pg_dump uses (level 22, or "long"). */
const LARGEST_WINDOW = 128 * 1024 * 1024
const DEFAULT_LEVEL = 3

/** One frame. */
export function compressZstd(level = DEFAULT_LEVEL): (block: Buffer) => Promise<Buffer> {
  return async (block) => {
    const { Encoder } = await import('@toondepauw/node-zstd')
    return new Encoder(level).encode(block)
  }
}

/**
 * Any number of frames (RFC 8878); none, as pg_dump compresses an empty large object. What pgleap writes, in small ones, is decompressed off the main thread; pg_dump makes
 * one of a whole table, and that is decompressed as a stream.
 */
export async function* zstdDecompressed(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const feed = new Feed(source)
  try {
    while (!(await feed.ended())) {
      const magic = await feed.take(4)
      const kind = magic.readUInt32LE()
      if (kind === MAGIC) yield* frame(feed, magic)
      else if ((kind & 0xfffffff0) >>> 0 === SKIPPABLE) await feed.skip((await feed.take(4)).readUInt32LE())
      else throw damagedData('its compressed data is no zstd frame')
    }
  } finally {
    await feed.close()
  }
}

async function* frame(feed: Feed, magic: Buffer): AsyncGenerator<Buffer> {
  const header = await readHeader(feed)
  const start: Buffer[] = [magic, header.bytes]
  for (let most = 0; most <= LARGEST_WHOLE;) {
    const block = await readBlock(feed)
    start.push(block.bytes)
    most += block.most
    if (!block.isLast) continue
    if (header.hasChecksum) start.push(await feed.take(4))
    yield await decompressWhole(Buffer.concat(start))
    return
  }
  yield* decompressStream(feed, header, start)
}

interface Header {
  /** As they are in the file, behind the magic number. */
  bytes: Buffer
  hasChecksum: boolean
  contentSize: bigint | undefined
}

async function readHeader(feed: Feed): Promise<Header> {
  const start = await feed.take(1)
  const [flags = 0] = start
  const isSingle = (flags & 0x20) !== 0
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0
  // Neither the reserved bit nor a dictionary, which pg_dump never uses.
  if ((flags & 0x0b) !== 0) throw damagedData('a zstd frame is of an unknown kind')
  const rest = await feed.take((isSingle ? 0 : 1) + sizeBytes)
  const contentSize = sizeOf(rest.subarray(isSingle ? 0 : 1))
  const window = isSingle ? Number(contentSize ?? 0n) : windowSize(rest[0] ?? 0)
  if (window > LARGEST_WINDOW) throw damagedData('a zstd frame wants more memory than any of pg_dump')
  return { bytes: Buffer.concat([start, rest]), hasChecksum: (flags & 0x04) !== 0, contentSize }
}

function sizeOf(field: Buffer): bigint | undefined {
  switch (field.length) {
    case 0:
      return undefined
    case 1:
      return BigInt(field.readUInt8())
    case 2:
      return BigInt(field.readUInt16LE() + 256)
    case 4:
      return BigInt(field.readUInt32LE())
    default:
      return field.readBigUInt64LE()
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

/** A block with its header, and the most that its content can be. */
async function readBlock(feed: Feed): Promise<{ bytes: Buffer; most: number; isLast: boolean }> {
  const header = await feed.take(3)
  const word = header.readUIntLE(0, 3)
  const size = word >> 3
  const kind = (word >> 1) & 3
  if (size > BLOCK || kind === 3) throw damagedData('a block of a zstd frame is of an unknown kind')
  // One byte, and how often it is repeated.
  const isRepeated = kind === 1
  const body = await feed.take(isRepeated ? 1 : size)
  return { bytes: Buffer.concat([header, body]), most: kind === 2 ? BLOCK : size, isLast: (word & 1) === 1 }
}

async function decompressWhole(whole: Buffer): Promise<Buffer> {
  const { Decoder } = await import('@toondepauw/node-zstd')
  try {
    return await new Decoder().decode(whole)
  } catch (error) {
    throw damagedData('its compressed data cannot be read (zstd)', error)
  }
}

/** Block by block, so that no more than one block's content comes out at once. Checks what the library does not. */
async function* decompressStream(feed: Feed, header: Header, start: readonly Buffer[]): AsyncGenerator<Buffer> {
  const { Decompress } = await import('fzstd')
  const hash = (await xxhash()).create64()
  let bytes = 0n
  let out: Buffer[] = []
  const stream = new Decompress((chunk) => {
    if (header.hasChecksum) hash.update(chunk)
    bytes += BigInt(chunk.length)
    out.push(Buffer.from(chunk))
  })
  const push = (block: Buffer) => {
    try {
      stream.push(block)
    } catch (error) {
      throw damagedData('its compressed data cannot be read (zstd)', error)
    }
    const ready = out
    out = []
    return ready
  }
  for (const block of start) yield* push(block)
  for (let isLast = false; !isLast;) {
    const block = await readBlock(feed)
    yield* push(block.bytes)
    isLast = block.isLast
  }
  if (header.contentSize !== undefined && header.contentSize !== bytes) {
    throw damagedData('a zstd frame is not as long as it says')
  }
  if (!header.hasChecksum) return
  const sum = await feed.take(4)
  yield* push(sum)
  if (BigInt(sum.readUInt32LE()) !== (hash.digest() & 0xffff_ffffn)) {
    throw damagedData('the checksum of a zstd frame is wrong')
  }
}
