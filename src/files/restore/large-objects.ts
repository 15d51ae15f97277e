import type { Session } from '../../connection/index.ts'
import type { StepResult } from '../../engine/index.ts'
import { copyIn } from '../../wire/index.ts'
import type { Files } from './files.ts'
import { entryOf, type RowsOptions } from './rows.ts'

/** So many bytes of content travel in one go. */
const BATCH_BYTES = 4 * 1024 * 1024
/** And so many objects: each is a row, with some bytes around it. */
const BATCH_PIECES = 5000

interface Piece {
  oid: number
  offset: number
  data: Buffer
}

/**
 * Fills the large objects of a BLOBS entry, which are on the target already, empty, in the open transaction of the session.
 * The content goes set-wise through a temporary table: one COPY and one query for thousands of small objects, or for each
 * few megabytes of a large one.
 */
export async function fillLargeObjects(
  target: Session,
  files: Files,
  dumpId: number,
  { signal, onProgress }: RowsOptions,
): Promise<StepResult> {
  await target.script(
    `CREATE TEMPORARY TABLE IF NOT EXISTS pg_temp.pgleap_pieces (oid oid, at int8, data bytea) ON COMMIT DROP;
     ALTER TABLE pg_temp.pgleap_pieces ALTER COLUMN data SET STORAGE EXTERNAL;
     TRUNCATE pg_temp.pgleap_pieces`,
  )
  const moved = { bytes: 0, rows: 0 }
  let pieces: Piece[] = []
  let size = 0
  const flush = async (): Promise<void> => {
    if (pieces.length === 0) return
    await copyIn(target, COPY_IN, binaryRows(pieces))
    await target.script(PUT)
    moved.bytes += size
    pieces = []
    size = 0
    onProgress(moved.bytes)
  }
  for await (const { oid, data } of files.open.largeObjects(entryOf(files.open.archive, dumpId), { signal })) {
    let offset = 0
    moved.rows += 1
    for await (const chunk of data) {
      pieces.push({ oid, offset, data: Buffer.from(chunk) })
      offset += chunk.length
      size += chunk.length
      if (size >= BATCH_BYTES || pieces.length >= BATCH_PIECES) await flush()
    }
  }
  await flush()
  return moved
}

const COPY_IN = 'COPY pg_temp.pgleap_pieces (oid, at, data) FROM STDIN (FORMAT binary)'
const PUT = `SELECT pg_catalog.count(pg_catalog.lo_put(oid, at, data)) FROM pg_temp.pgleap_pieces; TRUNCATE pg_temp.pgleap_pieces`

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const TRAILER = Buffer.from([0xff, 0xff])

/** PostgreSQL docs, COPY, "Binary Format": three fields a row, each with its length before it. */
function* binaryRows(pieces: readonly Piece[]): Generator<Buffer> {
  yield SIGNATURE
  for (const { oid, offset, data } of pieces) {
    const head = Buffer.alloc(26)
    head.writeInt16BE(3, 0)
    head.writeInt32BE(4, 2)
    head.writeUInt32BE(oid, 6)
    head.writeInt32BE(8, 10)
    head.writeBigInt64BE(BigInt(offset), 14)
    head.writeInt32BE(data.length, 22)
    yield head
    yield data
  }
  yield TRAILER
}
