import type { DataSize, Room } from '../data.ts'

/** Blocks that are compressed at once, for one stream. */
const AT_ONCE = 3
/** Most tables and large objects are small: a block grows to its size. */
const FIRST_ROOM = 16 * 1024

export interface BlockPipeOptions {
  blockBytes: number
  /** Off the main thread, and several at once. */
  compress: (block: Buffer) => Promise<Buffer>
  /** Called with one block after the other, in their order. */
  store: (bytes: Buffer) => Promise<void>
}

/**
 * Gathers what is written into blocks, compresses several at once, and stores them in order. Holds about eight blocks.
 * A failure to store ends it: every later call throws what the first one met.
 */
export class BlockPipe {
  readonly #options: BlockPipeOptions
  #block = Buffer.alloc(0)
  #filled = 0
  #bytes = 0
  #storedBytes = 0
  /** Full blocks that were stored: to be filled again, rather than left to the garbage collector by the gigabyte. */
  readonly #spare: Buffer<ArrayBuffer>[] = []
  /** Each block's way to the store, oldest first; each waits for the one before. */
  readonly #underWay: Promise<void>[] = []
  #last: Promise<void> = Promise.resolve()
  #failure: { error: unknown } | undefined

  constructor(options: BlockPipeOptions) {
    this.#options = options
  }

  /**
   * Takes all of the chunks over at once, before anything is waited for, so that those of several writers do not mix.
   */
  write(...chunks: Uint8Array[]): Room {
    this.#check()
    for (const chunk of chunks) this.#take(chunk)
    return this.#underWay.length < AT_ONCE ? undefined : this.#untilRoom()
  }

  async #untilRoom(): Promise<void> {
    while (this.#underWay.length >= AT_ONCE) await this.#underWay[0]
    this.#check()
  }

  async end(): Promise<DataSize> {
    this.#check()
    // Nothing is written as a block, too: no reader of a compression takes a file of no bytes for its own.
    if (this.#filled > 0 || this.#bytes === 0) this.#send()
    await this.#last
    this.#check()
    return { bytes: this.#bytes, storedBytes: this.#storedBytes }
  }

  #take(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length;) {
      this.#makeRoom(chunk.length - from)
      const part = chunk.subarray(from, from + this.#block.length - this.#filled)
      this.#block.set(part, this.#filled)
      this.#filled += part.length
      from += part.length
      if (this.#filled === this.#options.blockBytes) this.#send()
    }
    this.#bytes += chunk.length
  }

  #makeRoom(wanted: number): void {
    if (this.#filled < this.#block.length) return
    // Behind a block, more of them are likely.
    const likely = this.#storedBytes > 0 || this.#underWay.length > 0 ? this.#options.blockBytes : FIRST_ROOM
    const room = Math.min(this.#options.blockBytes, Math.max(likely, this.#filled * 4, this.#filled + wanted))
    const larger = (room === this.#options.blockBytes ? this.#spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(room)
    this.#block.copy(larger, 0, 0, this.#filled)
    this.#block = larger
  }

  #send(): void {
    const block = this.#block
    const compressed = this.#options.compress(block.subarray(0, this.#filled))
    // The block belongs to the compressor's thread until it is stored.
    this.#block = Buffer.alloc(0)
    this.#filled = 0
    const stored = this.#store(compressed, this.#last)
    void this.#reclaim(block, compressed, stored)
    this.#last = stored
    this.#underWay.push(stored)
  }

  /** A block that is stored as it is stays the store's: a stream holds it for longer than it says. Never rejects. */
  async #reclaim(block: Buffer<ArrayBuffer>, compressed: Promise<Buffer>, stored: Promise<void>): Promise<void> {
    await stored
    const bytes = await compressed.catch(() => block)
    if (bytes.buffer !== block.buffer && block.length === this.#options.blockBytes) this.#spare.push(block)
  }

  /** Never rejects. */
  async #store(compressed: Promise<Buffer>, before: Promise<void>): Promise<void> {
    try {
      // Both are awaited whatever happens, so that no failure goes unhandled.
      const [bytes] = await Promise.all([compressed, before])
      if (this.#failure === undefined && bytes.length > 0) {
        await this.#options.store(bytes)
        this.#storedBytes += bytes.length
      }
    } catch (error) {
      this.#failure ??= { error }
    }
    void this.#underWay.shift()
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
