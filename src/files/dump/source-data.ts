import type { Archive, ArchiveData, Entry, LargeObject, ReadOptions } from '../../archive/index.ts'
import type { Session } from '../../connection/index.ts'
import type { DumpedLargeObjects, DumpedTable } from './entries.ts'
import { largeObjectContents } from './large-object-contents.ts'
import type { Moved, Progress } from './progress.ts'
import { pulled } from './pulled.ts'
import { readRows } from './rows.ts'
import type { WrittenData } from './write-directory.ts'
import { partsOf } from './write-directory.ts'

export interface SourceDataOptions {
  archive: Archive
  tables: readonly DumpedTable[]
  largeObjects: readonly DumpedLargeObjects[]
  /** Of COPY text. */
  encoding: string
  progress: Progress
  /** Called when the rows of all tables have been read, before their end is told. */
  whenRead: () => Promise<void>
  signal: AbortSignal
}

/** The data of an archive that is being made, read from the source by one session as it is asked for. */
export class SourceData implements ArchiveData {
  readonly archive: Archive
  /** What was read so far. */
  readonly written: WrittenData = { tables: [], largeObjects: { count: 0, bytes: 0 } }
  readonly #session: Session
  readonly #options: SourceDataOptions
  readonly #tables: ReadonlyMap<number, DumpedTable>
  readonly #largeObjects: ReadonlyMap<number, DumpedLargeObjects>

  constructor(session: Session, options: SourceDataOptions) {
    this.archive = options.archive
    this.#session = session
    this.#options = options
    this.#tables = new Map(options.tables.map((table) => [table.entry.dumpId, table]))
    this.#largeObjects = new Map(options.largeObjects.map((batch) => [batch.entry.dumpId, batch]))
  }

  async *data(entry: Entry, { signal = this.#options.signal }: ReadOptions = {}): AsyncGenerator<Buffer> {
    const table = this.#tables.get(entry.dumpId)
    if (table === undefined) return
    const { tables, encoding, progress, whenRead } = this.#options
    const { schema, name, heapBytes, toastBytes } = table.facts
    const label = `${schema}.${name}`
    const bytes = heapBytes + toastBytes
    const step = progress.step({ kind: 'copy', label: `dump ${label}`, table: label, bytes })
    yield* pulled<Buffer>((push) =>
      step.run(async (moved) => {
        const so: Moved = { bytes: 0, rows: 0 }
        for (const part of partsOf(table, new Map())) {
          const read = await readRows(
            this.#session,
            { table: table.facts, part, format: table.rows, encoding },
            async (run) => {
              so.bytes += run.bytes.length
              // Who pulls has it for longer than the connection leaves it alone.
              await push(Buffer.from(run.bytes))
              moved(so)
            },
            signal,
          )
          so.rows += read.rows
        }
        this.written.tables.push({ table, ...so })
        if (this.written.tables.length === tables.length) await whenRead()
        return so
      }),
    )
  }

  async *largeObjects(entry: Entry, { signal = this.#options.signal }: ReadOptions = {}): AsyncGenerator<LargeObject> {
    const batch = this.#largeObjects.get(entry.dumpId)
    if (batch === undefined) return
    const { largeObjects } = this.written
    for await (const { oid, data } of largeObjectContents(this.#session, batch.group.oids, signal)) {
      largeObjects.count += 1
      yield { oid, data: counted(data, (bytes) => (largeObjects.bytes += bytes)) }
    }
  }
}

async function* counted(data: AsyncIterable<Buffer>, count: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of data) {
    count(chunk.length)
    yield chunk
  }
}
