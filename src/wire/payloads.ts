import { HEADER_BYTES } from './messages.ts'

/** A run of payload bytes, and where in it the last message ended: `undefined` where none did. */
export interface PayloadRun {
  bytes: Buffer
  lastEnd: number | undefined
}

/** The header of COPY's binary format, without an extension (no server since 12 has one), stands before the first row, in its message. */
const BINARY_HEADER_BYTES = 19
/** The trailer of the binary format is a message of its own, and no row with a column is as short. */
const BINARY_TRAILER_BYTES = 2

/**
 * Takes the headers out of CopyData messages that are cut anywhere, as `copyOut` hands them on. A message is a
 * row (CopyOneRowTo in copyto.c sends each by itself). Of binary format, what stands before the first row and behind the last is left
 * out, too: the rows of several COPYs make one. The bytes are moved together within the chunk, which is given back.
 */
export class Payloads {
  readonly #format: 'text' | 'binary'
  #isFirst = true
  /** Bytes of the current payload that are left out. */
  #skip = 0
  /** Bytes of the current header that were seen; 0 between messages and inside of a payload. */
  #head = 0
  #length = 0
  /** Bytes of the current payload still to come. */
  #left = 0

  constructor(format: 'text' | 'binary') {
    this.#format = format
  }

  take(chunk: Buffer): PayloadRun {
    const end = chunk.length
    const view = new DataView(chunk.buffer, chunk.byteOffset, end)
    let at = 0
    let to = 0
    let lastEnd: number | undefined
    while (at < end) {
      if (this.#left === 0) {
        if (this.#head === 0 && end - at >= HEADER_BYTES) {
          this.#left = view.getInt32(at + 1) - 4
          at += HEADER_BYTES
        } else {
          const byte = view.getUint8(at)
          if (this.#head > 0) this.#length = (this.#length << 8) | byte
          this.#head += 1
          at += 1
          if (this.#head < HEADER_BYTES) continue
          this.#left = this.#length - 4
          this.#head = 0
          this.#length = 0
        }
        if (this.#format === 'binary') this.#skip = this.#around()
        if (this.#left === 0) lastEnd = to
        continue
      }
      if (this.#skip > 0) {
        const count = Math.min(this.#skip, end - at)
        at += count
        this.#skip -= count
        this.#left -= count
        if (this.#left === 0) lastEnd = to
        continue
      }
      const count = Math.min(this.#left, end - at)
      chunk.copyWithin(to, at, at + count)
      to += count
      at += count
      this.#left -= count
      if (this.#left === 0) lastEnd = to
    }
    return { bytes: chunk.subarray(0, to), lastEnd }
  }

  /** Bytes at the beginning of a payload of this length that are no row's. */
  #around(): number {
    const isFirst = this.#isFirst
    this.#isFirst = false
    if (!isFirst) return this.#left === BINARY_TRAILER_BYTES ? BINARY_TRAILER_BYTES : 0
    const isAll = this.#left === BINARY_HEADER_BYTES + BINARY_TRAILER_BYTES
    return isAll ? this.#left : BINARY_HEADER_BYTES
  }
}
