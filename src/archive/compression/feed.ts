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
    const [first] = this.#chunks
    const all = first !== undefined && first.length >= count ? first : Buffer.concat(this.#chunks)
    const rest = all.subarray(count)
    this.#chunks = all === first ? this.#chunks.slice(1) : []
    if (rest.length > 0) this.#chunks.unshift(rest)
    this.#length -= count
    return all.subarray(0, count)
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0;) left -= (await this.take(Math.min(left, SKIPPED_AT_ONCE))).length
  }

  async close(): Promise<void> {
    await this.#source.return?.()
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
