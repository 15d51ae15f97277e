import { BINARY_HEADER, BINARY_TRAILER } from './binary-rows.ts'
import { dataForm } from './data.ts'
import type { Entry } from './entry.ts'
import { damagedData } from './errors.ts'

/** Rows are handed on in pieces of about this size: pg_dump writes some archives in chunks of one row. */
const GATHERED = 64 * 1024
/** The end marker and the empty lines behind it are a few bytes less than this. */
const TAIL = 16

/** What stands before the first and behind the last row of a table. */
export interface RowsFrame {
  head: Buffer
  tail: Buffer
}

/** In text, what dumpTableData_copy of pg_dump.c writes. */
const FRAMES: Record<'text' | 'binary' | 'inserts', RowsFrame> = {
  text: { head: Buffer.alloc(0), tail: Buffer.from('\\.\n\n\n') },
  binary: { head: BINARY_HEADER, tail: BINARY_TRAILER },
  inserts: { head: Buffer.alloc(0), tail: Buffer.alloc(0) },
}

const NO_FRAME = FRAMES.inserts

/** Of an entry that has no rows, nothing stands around its data. */
export function frameOf(entry: Pick<Entry, 'desc' | 'copyStmt'>): RowsFrame {
  return entry.desc === 'TABLE DATA' ? FRAMES[dataForm(entry)] : NO_FRAME
}

/** The statements of INSERT form, which pg_dump ends with empty lines (dumpTableData_insert of pg_dump.c). */
export async function* withEnding(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let ending = ''
  for await (const chunk of source) {
    ending = (ending + chunk.toString('latin1', Math.max(0, chunk.length - 4))).slice(-4)
    yield chunk
  }
  // The second one is a table without rows.
  if (ending !== ';\n\n\n' && ending !== '\n\n') throw damagedData('the statements of a table end too early')
}

/**
 * The rows of COPY text up to its end marker, which no row can look like. Its absence is how a table is found to be cut
 * off where nothing else tells.
 */
export async function* withoutEndMarker(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = []
  let length = 0
  for await (const chunk of source) {
    if (length <= TAIL && chunk.length >= GATHERED) {
      // As it is: to put the gigabytes of a large table together anew would cost more than to read them.
      yield* parts
      yield chunk.subarray(0, chunk.length - TAIL)
      parts = [Buffer.from(chunk.subarray(chunk.length - TAIL))]
      length = TAIL
      continue
    }
    parts.push(chunk)
    length += chunk.length
    if (length < GATHERED) continue
    const all = Buffer.concat(parts, length)
    yield all.subarray(0, length - TAIL)
    parts = [all.subarray(length - TAIL)]
    length = TAIL
  }
  const rest = Buffer.concat(parts, length)
  const marker = /(?:^|\n)(\\\.\n*)$/.exec(rest.toString('latin1', Math.max(0, length - TAIL)))?.[1]
  if (marker === undefined) throw damagedData('the rows of a table end before their end marker')
  if (length > marker.length) yield rest.subarray(0, length - marker.length)
}
