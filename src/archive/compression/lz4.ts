import { damagedData } from '../errors.ts'
import { xxhash } from './checksum.ts'
import { Feed } from './feed.ts'

const MAGIC = 0x184d2204
/** Sixteen kinds of frames whose content is to be passed over. */
const SKIPPABLE = 0x184d2a50
const BLOCK_SIZES: Record<number, number> = { 4: 64 * 1024, 5: 256 * 1024, 6: 1024 * 1024, 7: 4 * 1024 * 1024 }
/** How far a block may refer back to those before it. */
const WINDOW = 64 * 1024
/** Content that is decompressed at once, if blocks are smaller. */
const GROUP = 1024 * 1024
const STORED = 0x8000_0000
const END = Buffer.alloc(4)

/** One frame with a checksum of its content. */
export async function compressLz4(block: Buffer): Promise<Buffer> {
  const { compressFrame } = await import('lz4-napi')
  return compressFrame(block, { contentChecksum: true })
}

/**
 * Any number of frames (lz4_Frame_format.md), one of which pg_dump makes of a whole table, and none of nothing. The library decompresses whole
 * frames; so it gets a few blocks at a time as a frame of their own, which begins with the content that they may refer to.
 */
export async function* lz4Decompressed(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const feed = new Feed(source)
  const room = new Room()
  try {
    while (!(await feed.ended())) {
      const magic = (await feed.take(4)).readUInt32LE()
      if (magic === MAGIC) yield* frame(feed, room)
      else if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) await feed.skip((await feed.take(4)).readUInt32LE())
      else throw damagedData('its compressed data is no lz4 frame')
    }
  } finally {
    await feed.close()
  }
}

async function* frame(feed: Feed, room: Room): AsyncGenerator<Buffer> {
  const hash = await xxhash()
  const descriptor = await readDescriptor(feed)
  const content = hash.create32()
  let window = Buffer.alloc(0)
  let bytes = 0n
  for (;;) {
    const before = descriptor.isLinked && window.length > 0 ? [length(window.length | STORED), window] : []
    room.hold(await header(descriptor), ...before)
    const { bytesOfBlocks, isLast } = await readGroup(feed, descriptor, room)
    if (bytesOfBlocks > 0) {
      room.add(END)
      const all = await decompress(room.bytes)
      const piece = all.subarray(before.length === 0 ? 0 : window.length)
      if (descriptor.hasContentChecksum) content.update(piece)
      bytes += BigInt(piece.length)
      if (descriptor.isLinked) window = Buffer.from(all.subarray(Math.max(0, all.length - WINDOW)))
      yield piece
    }
    if (isLast) break
  }
  if (descriptor.contentSize !== undefined && descriptor.contentSize !== bytes) {
    throw damagedData('an lz4 frame is not as long as it says')
  }
  if (descriptor.hasContentChecksum && (await feed.take(4)).readUInt32LE() !== content.digest()) {
    throw damagedData('the checksum of an lz4 frame is wrong')
  }
}

interface Descriptor {
  isLinked: boolean
  hasBlockChecksums: boolean
  hasContentChecksum: boolean
  contentSize: bigint | undefined
  /** The byte of the descriptor that says it, and what it means. */
  blockSizeByte: number
  blockSize: number
}

async function readDescriptor(feed: Feed): Promise<Descriptor> {
  const start = await feed.take(2)
  const [flags = 0, blockSizeByte = 0] = start
  const blockSize = BLOCK_SIZES[blockSizeByte >> 4]
  const hasContentSize = (flags & 0x08) !== 0
  // A version of 01, no reserved bits, and no dictionary, which pg_dump never uses.
  if ((flags & 0xc3) !== 0x40 || (blockSizeByte & 0x8f) !== 0 || blockSize === undefined) {
    throw damagedData('an lz4 frame is of an unknown kind')
  }
  const size = hasContentSize ? await feed.take(8) : Buffer.alloc(0)
  const sum = (await feed.take(1))[0]
  if (sum !== (await headerSum(Buffer.concat([start, size])))) {
    throw damagedData('the checksum of an lz4 header is wrong')
  }
  return {
    isLinked: (flags & 0x20) === 0,
    hasBlockChecksums: (flags & 0x10) !== 0,
    hasContentChecksum: (flags & 0x04) !== 0,
    contentSize: hasContentSize ? size.readBigUInt64LE() : undefined,
    blockSizeByte,
    blockSize,
  }
}

/** As many blocks as make up a group, each with its length in front; their checksums are checked here. */
async function readGroup(
  feed: Feed,
  { blockSize, hasBlockChecksums }: Descriptor,
  room: Room,
): Promise<{ bytesOfBlocks: number; isLast: boolean }> {
  let bytesOfBlocks = 0
  for (let most = 0; most < GROUP; most += blockSize) {
    const word = await feed.take(4)
    const marked = word.readUInt32LE()
    if (marked === 0) return { bytesOfBlocks, isLast: true }
    const size = (marked & ~STORED) >>> 0
    if (size > blockSize) throw damagedData('a block of an lz4 frame is too large')
    room.add(word)
    const block = room.make(size)
    await feed.fill(block)
    bytesOfBlocks += size
    if (hasBlockChecksums && (await feed.take(4)).readUInt32LE() !== (await xxhash()).h32Raw(block)) {
      throw damagedData('the checksum of an lz4 block is wrong')
    }
  }
  return { bytesOfBlocks, isLast: false }
}

/** Of a frame without checksums: what is in it was checked, or is decompressed content. */
async function header({ isLinked, blockSizeByte }: Descriptor): Promise<Buffer> {
  const fields = Buffer.of(isLinked ? 0x40 : 0x60, blockSizeByte)
  const magic = length(MAGIC)
  return Buffer.concat([magic, fields, Buffer.of(await headerSum(fields))])
}

async function headerSum(fields: Buffer): Promise<number> {
  return ((await xxhash()).h32Raw(fields) >>> 8) & 0xff
}

function length(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

/** Memory for one group after the other: gigabytes of garbage take longer than to decompress. */
class Room {
  #memory = Buffer.alloc(0)
  #length = 0

  /** What was there is gone. */
  hold(...parts: readonly Buffer[]): void {
    this.#length = 0
    for (const part of parts) this.add(part)
  }

  add(part: Buffer): void {
    part.copy(this.make(part.length))
  }

  /** Room for as many bytes, to be filled before anything else is asked for. */
  make(bytes: number): Buffer {
    const from = this.#length
    this.#length += bytes
    if (this.#memory.length < this.#length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#length, this.#memory.length * 2))
      this.#memory.copy(larger, 0, 0, from)
      this.#memory = larger
    }
    return this.#memory.subarray(from, this.#length)
  }

  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#length)
  }
}

async function decompress(frame: Buffer): Promise<Buffer> {
  const { decompressFrame } = await import('lz4-napi')
  try {
    return await decompressFrame(frame)
  } catch (error) {
    throw damagedData('its compressed data cannot be read (lz4)', error)
  }
}
