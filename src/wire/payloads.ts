import { HEADER_BYTES } from './messages.ts'

/** A run of payload bytes, and where in it the last message ended: `undefined` where none did. */
export interface PayloadRun {
  bytes: Buffer
  lastEnd: number | undefined
}

/**
 * Takes the headers out of CopyData messages that are cut anywhere, as `copyOut` hands them on. In text format a message is a
 * row (COPY_FORMAT_TEXT in copyto.c sends each by itself). The bytes are moved together within the chunk, which is given back.
 */
export class Payloads {
  /** Bytes of the current header that were seen; 0 between messages and inside of a payload. */
  #head = 0
  #length = 0
  /** Bytes of the current payload still to come. */
  #left = 0

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
}
