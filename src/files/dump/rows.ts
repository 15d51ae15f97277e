import { EventEmitter, setMaxListeners } from 'node:events'
import type { DataSink, Room } from '../../archive/index.ts'
import type { TableFacts } from '../../catalog/index.ts'
import type { Session } from '../../connection/index.ts'
import { copyStatements, type Part } from '../../copy/index.ts'
import { copyOut, Payloads, type CopyResult, type PayloadRun } from '../../wire/index.ts'

/** `COPY ... TO STDOUT` of one part of a table; text in the archive's encoding. Generated columns are left out. */
function rowsSql({ schema, name, columns }: TableFacts, { part, format, encoding }: RowsToRead): string {
  const names = columns.filter(({ generated }) => generated === 'no').map((column) => column.name)
  return copyStatements({ schema, name, columns: names, format, mode: 'append', part, encoding }, encoding).copyOut
}

export interface RowsToRead {
  part: Part
  format: 'text' | 'binary'
  /** Of COPY text. */
  encoding: string
}

/**
 * Reads rows and hands them to `take` as they come, not faster than they are taken; the bytes are `take`'s until there is
 * room for more. Throws what `take` throws, the
 * server's DatabaseError, and that of the cancelled query when the signal fires; the session is usable afterwards, its
 * transaction aborted.
 */
export async function readRows(
  session: Session,
  { table, ...rows }: RowsToRead & { table: TableFacts },
  take: (run: PayloadRun) => Room,
  signal: AbortSignal,
): Promise<CopyResult> {
  const payloads = new Payloads(rows.format)
  // The many tables of a dump listen to its one signal.
  setMaxListeners(0, signal)
  const cancel = () => void session.cancel()
  signal.throwIfAborted()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    return await copyOut(session, rowsSql(table, rows), (chunk) => {
      const run = payloads.take(chunk)
      return run.bytes.length === 0 ? undefined : take(run)
    })
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/** A row of which this much has come, and no end, is written as it comes. */
const LONG_ROW = 1024 * 1024

/**
 * One table's data, written by several parts at once: what a part writes ends with a row, and a row that is too long to be
 * held has the table's data to itself until it ends.
 */
export class SharedRows {
  readonly #sink: DataSink
  /** Settles when the long row that is being written has ended. */
  #alone: Promise<void> | undefined

  constructor(sink: DataSink) {
    this.#sink = sink
  }

  part(): PartRows {
    return new PartRows(this)
  }

  /** Not while a long row of another part is being written. */
  write(...rows: Buffer[]): Room {
    return this.#alone === undefined ? this.#sink.write(...rows) : this.#writeLater(rows)
  }

  async #writeLater(rows: Buffer[]): Promise<void> {
    while (this.#alone !== undefined) await this.#alone
    await this.#sink.write(...rows)
  }

  /** For whoever has it to himself. */
  writeAlone(bytes: Buffer): Room {
    return this.#sink.write(bytes)
  }

  /** Keeps the others off until the function that is returned is called. */
  async keepOff(): Promise<() => void> {
    while (this.#alone !== undefined) await this.#alone
    const turn = new EventEmitter()
    this.#alone = new Promise((resolve) => turn.once('over', resolve))
    return () => {
      this.#alone = undefined
      turn.emit('over')
    }
  }
}

/** The rows of one part, put together from what the server sends. */
class PartRows implements Disposable {
  readonly #shared: SharedRows
  /** The beginning of a row whose end has not come. */
  #begun: Buffer[] = []
  #begunBytes = 0
  #release: (() => void) | undefined
  #hasEnded = false

  constructor(shared: SharedRows) {
    this.#shared = shared
  }

  /** The run's bytes have to stay as they are until there is room for more. */
  write({ bytes, lastEnd }: PayloadRun): Room {
    if (lastEnd === undefined) return this.#goOn(bytes)
    const room = this.#writeRows(bytes.subarray(0, lastEnd))
    const begun = bytes.subarray(lastEnd)
    if (begun.length === 0) return room
    return room === undefined ? this.#goOn(begun) : room.then(() => this.#goOn(begun))
  }

  #writeRows(bytes: Buffer): Room {
    if (this.#release !== undefined) return this.#endLongRow(bytes)
    const begun = this.#begun
    this.#forget()
    return this.#shared.write(...begun, bytes)
  }

  async #endLongRow(bytes: Buffer): Promise<void> {
    await this.#shared.writeAlone(bytes)
    this.#letOn()
  }

  #goOn(bytes: Buffer): Room {
    if (this.#release !== undefined) return this.#shared.writeAlone(bytes)
    this.#begun.push(Buffer.from(bytes))
    this.#begunBytes += bytes.length
    return this.#begunBytes < LONG_ROW ? undefined : this.#beginLongRow()
  }

  async #beginLongRow(): Promise<void> {
    const release = await this.#shared.keepOff()
    // A connection that was lost in the meantime: nobody would let the others on.
    if (this.#hasEnded) return release()
    this.#release = release
    const begun = Buffer.concat(this.#begun)
    this.#forget()
    await this.#shared.writeAlone(begun)
  }

  #forget(): void {
    this.#begun = []
    this.#begunBytes = 0
  }

  /** Lets the others on, however this part has ended. */
  [Symbol.dispose](): void {
    this.#hasEnded = true
    this.#letOn()
  }

  #letOn(): void {
    this.#release?.()
    this.#release = undefined
  }
}
