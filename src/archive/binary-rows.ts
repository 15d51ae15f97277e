import { damagedData } from './errors.ts'

// COPY's binary format, by its documentation ("Binary Format"): a header; of each row the number of its columns in two bytes, and of
// each column its length in four, -1 for NULL, and its bytes; and -1 in place of a number of columns at the end.

/** The signature, flags, and the length of an extension, which no server writes. */
export const BINARY_HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
export const BINARY_TRAILER = Buffer.of(0xff, 0xff)

/** A table has no more (MaxHeapAttributeNumber). */
const MOST_COLUMNS = 1600

/** What COPY ... (FORMAT binary) takes. */
export async function* binaryCopy(rows: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield BINARY_HEADER
  yield* rows
  yield BINARY_TRAILER
}

/**
 * The rows between header and trailer. The trailer looks like the end of a NULL, and the server takes rows without it for whole
 * (NextCopyFrom in copyfromparse.c): so each row is walked, and its absence is how a table is found to be cut off where nothing
 * else tells.
 */
export async function* withoutBinaryFrame(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const rows = new Rows()
  let missing = BINARY_HEADER.length
  for await (const chunk of source) {
    const taken = Math.min(missing, chunk.length)
    const from = BINARY_HEADER.length - missing
    if (!chunk.subarray(0, taken).equals(BINARY_HEADER.subarray(from, from + taken))) {
      throw damagedData('the rows of a table do not begin as binary rows do')
    }
    missing -= taken
    yield* rows.take(chunk.subarray(taken))
  }
  if (!rows.ended) throw damagedData('the rows of a table end before their end marker')
}

/** Walks over rows that are cut anywhere, until the trailer. */
class Rows {
  ended = false
  /** Columns of the row whose length is still to come. */
  #columns = 0
  /** Bytes of a value still to come. */
  #skip = 0
  /** The bytes so far of a number that is cut between two chunks. */
  #cut = Buffer.alloc(0)

  /** What of the chunk, and of a byte that was kept back, is rows: what may be the beginning of the trailer waits for the next one. */
  take(chunk: Buffer): Buffer[] {
    if (chunk.length === 0) return []
    const keptBack = this.#columns === 0 ? this.#cut : Buffer.alloc(0)
    const end = this.#walk(chunk)
    if (end < 0) return []
    const kept = this.#columns === 0 ? this.#cut.length : 0
    return [keptBack, chunk.subarray(0, end - kept)].filter(({ length }) => length > 0)
  }

  /** Where in the chunk the rows end; below 0 where the trailer began before it. */
  #walk(chunk: Buffer): number {
    const end = chunk.length
    const view = new DataView(chunk.buffer, chunk.byteOffset, end)
    let at = 0
    let columns = this.#columns
    let skip = this.#skip
    let rowsEnd = end
    while (at < end) {
      if (this.ended) throw damagedData('the rows of a table go on behind their end marker')
      if (skip > 0) {
        const count = Math.min(skip, end - at)
        at += count
        skip -= count
        continue
      }
      const size = columns === 0 ? 2 : 4
      let number: number
      if (this.#cut.length === 0 && end - at >= size) {
        number = columns === 0 ? view.getInt16(at) : view.getInt32(at)
        at += size
      } else {
        const more = chunk.subarray(at, at + size - this.#cut.length)
        const bytes = Buffer.concat([this.#cut, more])
        at += more.length
        if (bytes.length < size) {
          this.#cut = bytes
          break
        }
        this.#cut = Buffer.alloc(0)
        number = bytes.readIntBE(0, size)
      }
      if (columns > 0) {
        if (number < -1) throw damagedData('a value of a table has an impossible length')
        columns -= 1
        skip = Math.max(0, number)
      } else if (number === -1) {
        this.ended = true
        rowsEnd = at - size
      } else {
        if (number < 0 || number > MOST_COLUMNS)
          throw damagedData('a row of a table has an impossible number of columns')
        columns = number
      }
    }
    this.#columns = columns
    this.#skip = skip
    return rowsEnd
  }
}
