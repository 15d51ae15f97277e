import { PgleapError } from '../errors.ts'
import { HEADER_BYTES, MESSAGE } from './messages.ts'

/** Takes what a `FrameWalker` finds, in the stream's order. */
export interface FrameSink {
  /**
   * A run of CopyData messages, headers and all, untouched; it may begin and end inside of one. The first `rest` bytes
   * belong to a message that began in an earlier run.
   */
  data(bytes: Buffer, rest: number): void
  /** Any other message, whole, without its header. */
  message(type: number, body: Buffer): void
}

/**
 * Finds the borders of protocol messages in a stream that is cut anywhere. CopyData is what matters: its bytes are
 * handed on as they came, in runs as long as the chunk, and only the headers are looked at (D4). A CopyData header that
 * is cut is handed on cut as well: its first byte says already what it is. So no byte is ever copied or held back.
 */
export class FrameWalker {
  /** CopyData messages whose header has been seen: the rows of a COPY in text format. */
  frames = 0
  /** Bytes of CopyData messages, headers included. */
  bytes = 0

  readonly #sink: FrameSink
  #type = 0
  /** Bytes of the current header seen; 0 between messages and inside of a body. */
  #head = 0
  #length = 0
  /** Bytes of the current body still to come. */
  #left = 0
  /** The body so far of a message that is not CopyData. */
  #parts: Buffer[] = []

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** True where the stream so far ends inside of a CopyData message. */
  get midFrame(): boolean {
    return this.#type === MESSAGE.copyData && (this.#left > 0 || this.#head > 0)
  }

  walk(chunk: Buffer): void {
    const end = chunk.length
    const view = new DataView(chunk.buffer, chunk.byteOffset, end) // reads faster than the Buffer's own methods
    let at = 0
    let from = this.midFrame ? 0 : -1 // where the run of CopyData begins; -1 where there is none
    let rest = this.midFrame ? -1 : 0 // -1 until the message that was open at the start has ended
    while (at < end) {
      if (this.#left > 0) {
        const take = Math.min(this.#left, end - at)
        if (this.#type !== MESSAGE.copyData) this.#parts.push(Buffer.from(chunk.subarray(at, at + take)))
        this.#left -= take
        at += take
        if (this.#left > 0) break
        if (this.#type !== MESSAGE.copyData) this.#finish()
        else if (rest === -1) rest = at
        continue
      }
      if (this.#head === 0) {
        // The hot loop: whole headers of CopyData, one after the other. Nothing is allocated in here.
        while (end - at >= HEADER_BYTES && view.getUint8(at) === MESSAGE.copyData) {
          const length = view.getInt32(at + 1)
          if (length < 4) throw badLength(length)
          if (from === -1) from = at
          this.frames += 1
          at += 1 + length
        }
        if (at > end) {
          this.#type = MESSAGE.copyData
          this.#left = at - end
          at = end
        }
        if (at === end) break
        this.#type = chunk[at] ?? 0
        if (this.#type === MESSAGE.copyData) {
          if (from === -1) from = at
        } else if (from !== -1) {
          this.#data(chunk, from, at, rest)
          from = -1
          rest = 0
        }
      }
      at = this.#header(chunk, at)
      if (this.#head === 0 && this.#left === 0) {
        if (this.#type !== MESSAGE.copyData) this.#finish()
        else if (rest === -1) rest = at
      }
    }
    if (from !== -1) this.#data(chunk, from, end, rest === -1 ? end : rest)
  }

  /** Reads header bytes one at a time, as far as the chunk goes; returns where it stopped. */
  #header(chunk: Buffer, start: number): number {
    let at = start
    while (at < chunk.length && this.#head < HEADER_BYTES) {
      if (this.#head > 0) this.#length = (this.#length << 8) | (chunk[at] ?? 0)
      this.#head += 1
      at += 1
    }
    if (this.#head === HEADER_BYTES) {
      if (this.#length < 4) throw badLength(this.#length)
      this.#left = this.#length - 4
      this.#head = 0
      this.#length = 0
      if (this.#type === MESSAGE.copyData) this.frames += 1
    }
    return at
  }

  #data(chunk: Buffer, from: number, to: number, rest: number): void {
    this.bytes += to - from
    this.#sink.data(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to), rest)
  }

  #finish(): void {
    const [only, ...more] = this.#parts
    const body = only === undefined ? Buffer.alloc(0) : more.length === 0 ? only : Buffer.concat(this.#parts)
    this.#parts = []
    this.#sink.message(this.#type, body)
  }
}

function badLength(length: number): PgleapError {
  return new PgleapError({
    code: 'wire.protocol',
    message: `The server sent a message of impossible length (${String(length)}).`,
    hint: 'Something between pgleap and the server damages the stream, or it is no PostgreSQL server.',
    party: 'internal',
  })
}
