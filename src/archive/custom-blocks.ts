import type { ByteRange } from './bytes.ts'
import { damaged, stopIfAborted } from './errors.ts'

const WINDOW = 256 * 1024
const GATHERED = 64 * 1024
/** BLK_DATA and BLK_BLOBS of pg_backup_archiver.h. */
export const DATA = 1
export const LARGE_OBJECTS = 3

export interface BlockHeader {
  kind: 'data' | 'large-objects'
  dumpId: number
}

/**
 * Walks the data blocks of a custom-format file (pg_backup_custom.c): a block is a kind, a dump id and chunks, each
 * behind its length; a length of zero ends them. Large objects are a list of such chunks, each behind its OID.
 */
export class BlockReader {
  readonly #range: ByteRange
  readonly #intSize: number
  #at: number
  #window: Buffer = Buffer.alloc(0)
  #windowAt = 0
  /** What is left of the chunk at hand; undefined where no chunks are to come. */
  #left: number | undefined

  constructor(range: ByteRange, intSize: number, at: number) {
    this.#range = range
    this.#intSize = intSize
    this.#at = at
  }

  get position(): number {
    return this.#at
  }

  get atEnd(): boolean {
    return this.#at >= this.#range.size
  }

  async header(): Promise<BlockHeader> {
    const at = this.#at
    const code = (await this.#take(1))[0]
    const dumpId = await this.#int()
    if (code !== DATA && code !== LARGE_OBJECTS) throw damaged(at, `a data block has the unknown kind ${code}`)
    if (code === DATA) this.#left = 0
    return { kind: code === DATA ? 'data' : 'large-objects', dumpId }
  }

  /** The OID of the next large object; undefined behind the last one. */
  async oid(): Promise<number | undefined> {
    // pg_dump writes an OID as a signed number.
    const oid = (await this.#int()) >>> 0
    if (oid === 0) return undefined
    this.#left = 0
    return oid
  }

  /** The bytes of the data or large object that was come to, at most one window at once. */
  async *chunks(): AsyncGenerator<Buffer> {
    for (;;) {
      const left = await this.#leftOfChunk()
      if (left === undefined) return
      const bytes = await this.#some(left)
      this.#left = left - bytes.length
      const more = this.#gather(GATHERED - bytes.length)
      yield more.length === 0 ? bytes : Buffer.concat([bytes, ...more])
    }
  }

  /** Passes over what `chunks` did not read. */
  async skipChunks(): Promise<void> {
    for (;;) {
      const left = await this.#leftOfChunk()
      if (left === undefined) return
      this.#at += left
      this.#left = 0
    }
  }

  /** What the window holds of the chunks that follow: there may be one for each row, too many to wait for each. */
  #gather(most: number): Buffer[] {
    const parts: Buffer[] = []
    for (let room = most; room > 0 && this.#left !== undefined;) {
      const from = this.#at - this.#windowAt
      if (this.#left === 0) {
        if (from + 1 + this.#intSize > this.#window.length) break
        this.#setLength(this.#at, this.#intIn(this.#window.subarray(from, from + 1 + this.#intSize)))
      } else {
        const bytes = this.#window.subarray(from, from + this.#left)
        if (bytes.length === 0) break
        this.#at += bytes.length
        this.#left -= bytes.length
        room -= bytes.length
        parts.push(bytes)
      }
    }
    return parts
  }

  async #leftOfChunk(): Promise<number | undefined> {
    if (this.#left !== 0) return this.#left
    this.#setLength(this.#at, await this.#int())
    return this.#left
  }

  #setLength(at: number, length: number): void {
    if (length < 0 || length > this.#range.size - this.#at) {
      throw damaged(at, `a chunk of ${length} bytes does not fit into it`)
    }
    this.#left = length === 0 ? undefined : length
  }

  async #int(): Promise<number> {
    const bytes = await this.#take(1 + this.#intSize)
    this.#at -= bytes.length
    return this.#intIn(bytes)
  }

  /** The number in the bytes at hand, which are passed. */
  #intIn(bytes: Buffer): number {
    const at = this.#at
    this.#at += bytes.length
    const value = bytes.readUIntLE(1, Math.min(4, this.#intSize))
    if ((bytes[0] ?? 0) > 1) throw damaged(at, 'a number has no sign')
    if (bytes.subarray(5).some((byte) => byte !== 0)) throw damaged(at, 'a number is out of range')
    return bytes[0] === 1 ? -value : value
  }

  async #take(count: number): Promise<Buffer> {
    const bytes = await this.#some(count)
    if (bytes.length === count) return bytes
    // The window ended in the middle.
    return Buffer.concat([bytes, await this.#take(count - bytes.length)])
  }

  async #some(count: number): Promise<Buffer> {
    let from = this.#at - this.#windowAt
    if (from < 0 || from >= this.#window.length) {
      this.#window = await this.#range.read(this.#at, WINDOW)
      this.#windowAt = this.#at
      from = 0
      if (this.#window.length === 0) throw damaged(this.#range.size, 'it ends in the middle of its data')
    }
    const bytes = this.#window.subarray(from, from + count)
    this.#at += bytes.length
    return bytes
  }
}

export interface BlockPlace {
  at: number
  bytes: number
}

/** Where each entry's block is, for archives that do not say so, as they were made through a pipe. Reads all of the file. */
export async function walkBlocks(
  range: ByteRange,
  intSize: number,
  { from, signal }: { from: number; signal?: AbortSignal | undefined },
): Promise<Map<number, BlockPlace>> {
  const places = new Map<number, BlockPlace>()
  const reader = new BlockReader(range, intSize, from)
  while (!reader.atEnd) {
    stopIfAborted(signal)
    const at = reader.position
    const { kind, dumpId } = await reader.header()
    if (kind === 'data') await reader.skipChunks()
    else while ((await reader.oid()) !== undefined) await reader.skipChunks()
    places.set(dumpId, { at, bytes: reader.position - at })
  }
  return places
}
