import { decoderOf, type Decode } from './encoding.ts'
import { damaged, unreadableText } from './errors.ts'

/** No name and no definition of a real database comes near this; a length above it is damage, and is not allocated. */
const MAX_STRING_BYTES = 64 * 1024 * 1024

/** Thrown where the bytes end before the archive does. The reader of a file then reads on, or calls it damage. */
export class EndOfBytes extends Error {
  /** How many bytes from the start have to be there. */
  readonly wanted: number

  constructor(wanted: number) {
    super()
    this.wanted = wanted
  }
}

/**
 * `decoded`: strings are text. `bytes`: each character of a string is one byte as the archive holds it, whatever its
 * encoding, so that what is written again is the same.
 */
export type TextMode = 'decoded' | 'bytes'

/**
 * Walks the primitive values of an archive (ReadInt, ReadStr and ReadOffset in pg_backup_archiver.c). Each read either
 * returns a sane value or throws; nothing is allocated by a length that the bytes do not back.
 */
export class Cursor {
  #at = 0
  #intSize = 4
  #offsetSize = 8
  #decode: Decode
  readonly #text: TextMode
  readonly #bytes: Buffer
  /** Size of the whole archive, of which `bytes` may be the first part. */
  readonly size: number

  constructor(bytes: Buffer, size: number, text: TextMode = 'decoded') {
    this.#bytes = bytes
    this.#text = text
    this.#decode = decoderOf(text === 'bytes' ? 'LATIN1' : 'UTF8')
    this.size = size
  }

  get position(): number {
    return this.#at
  }

  /** Width of the archive's numbers, in its data blocks too. */
  get intSize(): number {
    return this.#intSize
  }

  setSizes(intSize: number, offsetSize: number): void {
    for (const size of [intSize, offsetSize]) {
      if (size < 1 || size > 32) throw damaged(this.#at, `it says that its numbers are ${size} bytes wide`)
    }
    this.#intSize = intSize
    this.#offsetSize = offsetSize
  }

  setEncoding(name: string): void {
    if (this.#text === 'decoded') this.#decode = decoderOf(name)
  }

  byte(): number {
    return this.#take(1)[0] ?? 0
  }

  /** A C int: a sign byte, then the magnitude, low byte first. */
  int(): number {
    const start = this.#at
    const sign = this.byte()
    if (sign > 1) throw damaged(start, 'a number has no sign')
    // Four bytes everywhere that PostgreSQL runs; the other widths go the slow way.
    const value = this.#intSize === 4 ? this.#take(4).readUInt32LE() : Number(this.#magnitude(this.#intSize))
    if (value > 0x7fffffff) throw damaged(start, 'a number is out of range')
    return sign === 1 && value > 0 ? -value : value
  }

  /** Length and bytes, undecoded; a negative length is C's NULL. */
  bytes(): Buffer | undefined {
    const start = this.#at
    const length = this.int()
    if (length < 0) return undefined
    if (length > MAX_STRING_BYTES || length > this.size - this.#at) {
      throw damaged(start, `a text of ${length} bytes does not fit into it`)
    }
    return this.#take(length)
  }

  string(): string | undefined {
    const bytes = this.bytes()
    return bytes === undefined ? undefined : this.decode(bytes)
  }

  decode(bytes: Buffer): string {
    const text = this.#decode(bytes)
    if (text === undefined) throw unreadableText(this.#at)
    if (text.includes('\0')) throw damaged(this.#at, 'a text has a zero byte in it')
    return text
  }

  requiredString(what: string): string {
    const start = this.#at
    return this.string() ?? this.fail(start, `${what} is missing`)
  }

  /** `set` carries the position; the two other states are K_OFFSET_POS_NOT_SET and K_OFFSET_NO_DATA. */
  offset(): { state: 'set'; position: bigint } | { state: 'not-set' | 'no-data' } {
    const start = this.#at
    const flag = this.byte()
    const position = this.#magnitude(this.#offsetSize)
    if (flag === 1) return { state: 'not-set' }
    if (flag === 2) return { state: 'set', position }
    if (flag === 3) return { state: 'no-data' }
    throw damaged(start, 'a data position has an unknown flag')
  }

  fail(at: number, what: string): never {
    throw damaged(at, what)
  }

  #magnitude(width: number): bigint {
    const bytes = this.#take(width)
    let value = 0n
    for (let i = width - 1; i >= 0; i--) value = value * 256n + BigInt(bytes[i] ?? 0)
    return value
  }

  #take(count: number): Buffer {
    const end = this.#at + count
    if (end > this.#bytes.length) {
      if (this.#bytes.length < this.size) throw new EndOfBytes(end)
      throw damaged(this.size, 'it ends in the middle of its table of contents')
    }
    const slice = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return slice
  }
}
