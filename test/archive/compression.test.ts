import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import xxhash from 'xxhash-wasm'
import { BlockPipe } from '../../src/archive/compression/block-pipe.ts'
import { blockCompressor } from '../../src/archive/compression/compress.ts'
import { customStream } from '../../src/archive/compression/custom-stream.ts'
import { decompressed, decompressedBlocks } from '../../src/archive/compression/decompress.ts'
import { decompressor, type Compression } from '../../src/archive/index.ts'
import { bytesOf, inPieces, outcome, refusal } from './streams.ts'

const KINDS: Compression[] = ['none', 'gzip', 'lz4', 'zstd']
const PACKED: Compression[] = ['gzip', 'lz4', 'zstd']

async function packed(kind: Compression, chunks: readonly Uint8Array[], blockBytes: number): Promise<Buffer> {
  const out: Buffer[] = []
  const pipe = new BlockPipe({
    blockBytes,
    compress: blockCompressor(kind),
    store: (bytes) => Promise.resolve(void out.push(bytes)),
  })
  for (const chunk of chunks) await pipe.write(chunk)
  const size = await pipe.end()
  const all = Buffer.concat(out)
  expect(size).toEqual({ bytes: Buffer.concat(chunks).length, storedBytes: all.length })
  return all
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

/** A block of a zstd frame. */
function block(kind: number, size: number, { body, isLast }: { body: Buffer; isLast: boolean }): Buffer {
  const header = Buffer.alloc(3)
  header.writeUIntLE((size << 3) | (kind << 1) | (isLast ? 1 : 0), 0, 3)
  return Buffer.concat([header, body])
}

/** A block of an lz4 frame that is not compressed. */
const stored = (bytes: Buffer) => Buffer.concat([word(bytes.length | 0x80000000), bytes])
const raw = (bytes: Buffer, isLast = false) => block(0, bytes.length, { body: bytes, isLast })
const repeated = (byte: number, times: number, isLast = false) => block(1, times, { body: Buffer.of(byte), isLast })

const unpacked = (kind: Compression, bytes: Buffer, size = 1000) => bytesOf(decompressed(kind, inPieces(bytes, size)))

describe.each(KINDS)('data compressed with %s', (kind) => {
  test('comes back as it was, in whatever chunks it is written and read', async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(
        chunks,
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 1, max: 5000 }),
        async (all, block, piece) => {
          expect(await unpacked(kind, await packed(kind, all, block), piece)).toEqual(Buffer.concat(all))
        },
      ),
      { numRuns: 60 },
    )
  })

  test('comes back from a custom file’s chunks, none of which is empty', async () => {
    const content = Buffer.from('some rows\n'.repeat(300_000))
    for (const bytes of [content, Buffer.alloc(0)]) {
      const chunks: Buffer[] = []
      const stream = customStream({ compression: kind, level: undefined }, (chunk) =>
        Promise.resolve(void chunks.push(chunk)),
      )
      for await (const piece of inPieces(bytes, 70_000)) await stream.write(piece)
      const size = await stream.end()
      expect(size).toEqual({ bytes: bytes.length, storedBytes: Buffer.concat(chunks).length })
      expect(chunks.every((chunk) => chunk.length > 0)).toBe(true)
      const all = await bytesOf(decompressedBlocks(kind, inPieces(Buffer.concat(chunks), 999)))
      expect(all.equals(bytes)).toBe(true)
    }
  })

  test('is stored in order, though blocks are compressed at once', async () => {
    const blocks = Array.from({ length: 20 }, (_, i) => Buffer.alloc(i % 3 === 0 ? 200_000 : 50, i))
    const all = await unpacked(kind, await packed(kind, blocks, 60_000), 1 << 16)
    expect(all.equals(Buffer.concat(blocks))).toBe(true)
  })

  test('comes through a stream of Node', async () => {
    const content = Buffer.from('x'.repeat(100_000))
    const stream = decompressor(kind)
    stream.end(await packed(kind, [content], 30_000))
    expect((await bytesOf(stream)).equals(content)).toBe(true)
  })
})

test('several writers share a stream, and each chunk stays in one piece', async () => {
  const chunks = Array.from({ length: 40 }, (_, i) => Buffer.from(`${'row '.repeat(i * 7)}${i}\n`))
  const stored: Buffer[] = []
  const pipe = new BlockPipe({
    blockBytes: 100,
    compress: (block) => Promise.resolve(block),
    store: (bytes) => new Promise((done) => setImmediate(() => done(void stored.push(bytes)))),
  })
  await Promise.all(
    [0, 1, 2, 3].map(async (writer) => {
      for (const chunk of chunks.filter((_, i) => i % 4 === writer)) await pipe.write(chunk)
    }),
  )
  await pipe.end()
  const lines = Buffer.concat(stored)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
  expect(lines.toSorted()).toEqual(chunks.map((chunk) => chunk.toString().trim()).toSorted())
})

test('a failure to store ends the stream, and every later call says so', async () => {
  const pipe = new BlockPipe({
    blockBytes: 10,
    compress: (block) => Promise.resolve(block),
    store: () => Promise.reject(new Error('disk full')),
  })
  const writing = async () => {
    for (let i = 0; i < 100; i++) await pipe.write(Buffer.alloc(10))
  }
  await expect(writing()).rejects.toThrow('disk full')
  await expect(pipe.end()).rejects.toThrow('disk full')
})

test.each([
  ['gzip', 0],
  ['gzip', 10],
  ['zstd', 23],
  ['zstd', 1.5],
  ['lz4', 1],
  ['none', 1],
] as const)('%s has no level %d', async (kind, level) => {
  expect((await refusal(Promise.resolve().then(() => blockCompressor(kind, level)))).code).toBe('archive.level')
})

describe.each(PACKED)('damaged %s data', (kind) => {
  const content = Buffer.from(Array.from({ length: 300 }, (_, i) => `${i}\t${(i * 7919) % 1009}\n`).join(''))

  test('is found wherever it is cut off, but between two frames', async () => {
    const parts = [content.subarray(0, 1000), content.subarray(1000)]
    const frames = await Promise.all(parts.map((part) => packed(kind, [part], 1 << 20)))
    const [first = Buffer.alloc(0)] = frames
    const whole = Buffer.concat(frames)
    for (let length = 1; length < whole.length; length++) {
      if (length === first.length) continue
      expect((await refusal(unpacked(kind, whole.subarray(0, length)))).code).toBe('archive.corrupt')
    }
    expect(await unpacked(kind, whole.subarray(0, first.length))).toEqual(parts[0])
  })

  test('is refused with one clear error, or comes out, whichever bytes are flipped', async () => {
    const whole = await packed(kind, [content], 1024)
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(flips, async (changes) => {
        const bytes = Buffer.from(whole)
        for (const [at, mask] of changes) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ mask
        expect(await outcome(unpacked(kind, bytes))).toBeInstanceOf(Object)
      }),
      { numRuns: 500 },
    )
  })

  test('is refused if something else follows', async () => {
    const whole = await packed(kind, [content], 1 << 20)
    expect((await refusal(unpacked(kind, Buffer.concat([whole, Buffer.from('and more')])))).code).toBe(
      'archive.corrupt',
    )
  })
})

test.each(['gzip', 'lz4'] as const)('the checksum of %s is enforced', async (kind) => {
  // Content that does not compress stands in the frame as it is, so that nothing but the checksum tells.
  const bytes = await packed(kind, [randomBytes(5000)], 1 << 20)
  bytes[2500] = (bytes[2500] ?? 0) ^ 1
  expect((await refusal(unpacked(kind, bytes))).code).toBe('archive.corrupt')
})

describe('an lz4 frame as other programs write it', () => {
  const magic = Buffer.from('04224d18', 'hex')

  async function frame({
    flags,
    fields = Buffer.alloc(0),
    blocks,
    end,
  }: {
    flags: number
    fields?: Buffer
    blocks: Buffer[]
    end?: Buffer
  }): Promise<Buffer> {
    const descriptor = Buffer.concat([Buffer.of(flags, 0x40), fields])
    const sum = ((await xxhash()).h32Raw(descriptor) >>> 8) & 0xff
    return Buffer.concat([magic, descriptor, Buffer.of(sum), ...blocks, word(0), end ?? Buffer.alloc(0)])
  }

  const first = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (Math.imul(i, 40503) >>> 7) & 0xff))
  /** A match of 1000 bytes that begins 60000 bytes before, and five literals. */
  const linked = Buffer.of(0x0f, 60_000 & 0xff, 60_000 >> 8, 255, 255, 255, 216, 0x50, 1, 2, 3, 4, 5)
  const second = Buffer.concat([first.subarray(5536, 6536), Buffer.of(1, 2, 3, 4, 5)])

  test('is read with blocks that refer to those before them, across any number of blocks', async () => {
    const blocks = Array.from({ length: 40 }, () => [stored(first), word(linked.length), linked]).flat()
    const content = Buffer.concat(Array.from({ length: 40 }, () => [first, second]).flat())
    expect((await unpacked('lz4', await frame({ flags: 0x40, blocks }), 5000)).equals(content)).toBe(true)
  })

  test('has its checksums and its length checked', async () => {
    const hash = await xxhash()
    const size = Buffer.alloc(8)
    size.writeBigUInt64LE(BigInt(first.length + second.length))
    const good = {
      flags: 0x5c,
      fields: size,
      blocks: [stored(first), word(hash.h32Raw(first)), word(linked.length), linked, word(hash.h32Raw(linked))],
      end: word(hash.h32Raw(Buffer.concat([first, second]))),
    }
    expect((await unpacked('lz4', await frame(good))).equals(Buffer.concat([first, second]))).toBe(true)
    const wrong = [
      { ...good, end: word(7) },
      { ...good, fields: Buffer.alloc(8) },
      { ...good, blocks: good.blocks.with(1, word(7)) },
      { ...good, flags: 0x5d },
    ]
    for (const each of wrong) expect((await refusal(unpacked('lz4', await frame(each)))).code).toBe('archive.corrupt')
    const header = await frame(good)
    header[14] = (header[14] ?? 0) ^ 1
    expect((await refusal(unpacked('lz4', header))).message).toContain('header')
  })

  test('may be a skippable one, and an empty file is empty', async () => {
    const skippable = Buffer.concat([word(0x184d2a53), word(5), Buffer.from('notes')])
    expect(
      await unpacked(
        'lz4',
        Buffer.concat([skippable, await frame({ flags: 0x60, blocks: [stored(Buffer.from('x'))] })]),
      ),
    ).toEqual(Buffer.from('x'))
    expect(await unpacked('lz4', Buffer.alloc(0))).toEqual(Buffer.alloc(0))
  })

  test('cannot claim a block that is larger than its kind', async () => {
    const bytes = await frame({ flags: 0x60, blocks: [word(0x7fffffff)] })
    expect((await refusal(unpacked('lz4', bytes))).message).toContain('too large')
  })
})

describe('a zstd frame as other programs write it', () => {
  const magic = Buffer.from('28b52ffd', 'hex')

  test.each([3, 90])('of %d blocks is read, and its checksum enforced', async (count) => {
    const piece = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (Math.imul(i, 40503) >>> 7) & 0xff))
    const content = Buffer.concat(Array.from({ length: count }, () => piece))
    const sum = Buffer.alloc(4)
    sum.writeUInt32LE(Number((await xxhash()).h64Raw(content) & 0xffffffffn))
    // A checksum, and a window of 1 MB.
    const start = Buffer.concat([magic, Buffer.of(0x04, 10 << 3)])
    const blocks = Array.from({ length: count }, (_, i) => raw(piece, i === count - 1))
    expect((await unpacked('zstd', Buffer.concat([start, ...blocks, sum]), 65_536)).equals(content)).toBe(true)
    sum[0] = (sum[0] ?? 0) ^ 1
    expect((await refusal(unpacked('zstd', Buffer.concat([start, ...blocks, sum]), 65_536))).code).toBe(
      'archive.corrupt',
    )
    expect((await refusal(unpacked('zstd', Buffer.concat([start, ...blocks]), 65_536))).code).toBe('archive.corrupt')
    expect((await refusal(unpacked('zstd', Buffer.concat([start, ...blocks.slice(1, -1)]), 65_536))).code).toBe(
      'archive.corrupt',
    )
  })

  test('comes out in small pieces, however much it repeats', async () => {
    const start = Buffer.concat([magic, Buffer.of(0x00, 7 << 3)])
    const blocks = Array.from({ length: 1000 }, (_, i) => repeated(7, 131_072, i === 999))
    let bytes = 0
    for await (const chunk of decompressed('zstd', inPieces(Buffer.concat([start, ...blocks]), 4096))) {
      expect(chunk.length).toBeLessThanOrEqual(131_072)
      bytes += chunk.length
    }
    expect(bytes).toBe(1000 * 131_072)
  })

  test('is refused where it wants a dictionary, or more memory than pg_dump ever does', async () => {
    const tail = raw(Buffer.from('x'), true)
    const headers = [
      Buffer.of(0x00, 18 << 3),
      Buffer.of(0x01, 0, 9),
      Buffer.concat([Buffer.of(0xe0), Buffer.alloc(8, 1)]),
    ]
    for (const header of headers) {
      expect((await refusal(unpacked('zstd', Buffer.concat([magic, header, tail])))).code).toBe('archive.corrupt')
    }
  })

  test('says its length truly', async () => {
    const long = Buffer.alloc(131_072, 5)
    const size = Buffer.alloc(4)
    size.writeUInt32LE(7)
    // A length of four bytes and a window of 1 MB; longer than what is taken as a whole.
    const start = Buffer.concat([magic, Buffer.of(0x80, 10 << 3), size])
    const blocks = Array.from({ length: 50 }, (_, i) => raw(long, i === 49))
    expect((await refusal(unpacked('zstd', Buffer.concat([start, ...blocks]), 65_536))).code).toBe('archive.corrupt')
  })

  test('is missing where there is nothing, as pg_dump has it', async () => {
    expect(await unpacked('zstd', Buffer.alloc(0))).toEqual(Buffer.alloc(0))
    expect(await unpacked('gzip', gzipSync(''))).toEqual(Buffer.alloc(0))
    expect((await refusal(unpacked('gzip', Buffer.alloc(0)))).code).toBe('archive.corrupt')
  })
})
