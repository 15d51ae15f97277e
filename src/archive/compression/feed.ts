import { damagedData } from '../errors.ts'

const SKIPPED_AT_ONCE = 64 * 1024

/** Takes bytes from a stream in the sizes that a format says. */
export class Feed {
  readonly #source: AsyncIterator<Buffer>
  #chunks: Buffer[] = []
  #length = 0

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** True where no byte is left. */
  async ended(): Promise<boolean> {
    return !(await this.#filledTo(1))
  }

  /** Callers bound `count`: so many bytes are held. */
  async take(count: number): Promise<Buffer> {
    if (!(await this.#filledTo(count))) throw damagedData('its compressed data ends too early')
    const parts = this.#next(count)
    const [only] = parts
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, count)
  }

  /** The same, into memory of the caller's: all of it is filled. */
  async fill(memory: Buffer): Promise<void> {
    if (!(await this.#filledTo(memory.length))) throw damagedData('its compressed data ends too early')
    let at = 0
    for (const part of this.#next(memory.length)) at += part.copy(memory, at)
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0;) left -= (await this.take(Math.min(left, SKIPPED_AT_ONCE))).length
  }

  async close(): Promise<void> {
    await this.#source.return?.()
  }

  /** So many bytes are there. */
  #next(count: number): Buffer[] {
    this.#length -= count
    const parts: Buffer[] = []
    for (let left = count; left > 0;) {
      const chunk = this.#chunks.shift() ?? Buffer.alloc(0)
      parts.push(chunk.subarray(0, left))
      if (chunk.length > left) this.#chunks.unshift(chunk.subarray(left))
      left -= Math.min(left, chunk.length)
    }
    return parts
  }

  async #filledTo(count: number): Promise<boolean> {
    while (this.#length < count) {
      const next = await this.#source.next()
      if (next.done === true) return false
      this.#chunks.push(next.value)
      this.#length += next.value.length
    }
    return true
  }
}
