import type { ArchiveWriter, DataSink } from '../../archive/index.ts'
import type { Part } from '../../copy/index.ts'
import { allSettled, type Readers } from '../../verify/index.ts'
import type { DumpedLargeObjects, DumpedTable } from './entries.ts'
import type { FirstFailure } from './first-failure.ts'
import type { FinishedTable } from './journal.ts'
import { largeObjectContents } from './large-object-contents.ts'
import type { Moved, Progress } from './progress.ts'
import { readRows, rowsSql, SharedRows } from './rows.ts'

export interface WrittenTable extends Moved {
  table: DumpedTable
}

export interface WrittenData {
  tables: WrittenTable[]
  largeObjects: { count: number; bytes: number }
}

export interface DataToWrite {
  readers: Readers
  tables: readonly DumpedTable[]
  /** How large tables are cut, by OID. */
  parts: ReadonlyMap<number, Part[]>
  largeObjects: readonly DumpedLargeObjects[]
  /** Of COPY text. */
  encoding: string
  progress: Progress
  /** Called for each table whose file is whole. */
  onTable: (finished: FinishedTable) => Promise<void>
  failures: FirstFailure
}

/**
 * Writes all data into a directory, side by side: as many parts of tables and batches of large objects as there are readers,
 * the largest first. Throws the first failure, once all has ended.
 */
export async function writeDirectory(writer: ArchiveWriter, data: DataToWrite): Promise<WrittenData> {
  const largestFirst = data.tables.toSorted((one, other) => bytesOf(other) - bytesOf(one))
  const [tables, batches] = await allSettled([
    allSettled(largestFirst.map((table) => writeTable(writer, table, data))),
    allSettled(data.largeObjects.map((batch) => writeBatch(writer, batch, data))),
  ])
  return {
    tables,
    largeObjects: {
      count: batches.reduce((sum, batch) => sum + batch.rows, 0),
      bytes: batches.reduce((sum, batch) => sum + batch.bytes, 0),
    },
  }
}

/** One table, in as many parts as it was cut into; its file is opened when the first of them begins. */
async function writeTable(writer: ArchiveWriter, table: DumpedTable, data: DataToWrite): Promise<WrittenTable> {
  const { readers, encoding, progress, onTable, failures } = data
  const { facts, entry } = table
  const parts = partsOf(table, data.parts)
  const name = `${facts.schema}.${facts.name}`
  let opened: Promise<{ sink: DataSink; rows: SharedRows }> | undefined
  const open = async () => {
    const sink = await writer.data(entry)
    return { sink, rows: new SharedRows(sink) }
  }
  const results = await allSettled(
    parts.map((part, place) =>
      failures.watch(
        readers.run(async (session) => {
          opened ??= open()
          const { rows } = await opened
          using own = rows.part()
          const label = parts.length === 1 ? name : `${name} (part ${String(place + 1)} of ${String(parts.length)})`
          const bytes = Math.round(bytesOf(table) / parts.length)
          return await progress.step({ kind: 'copy', label: `dump ${label}`, table: name, bytes }, async (moved) => {
            let read = 0
            const sql = rowsSql(facts, part, encoding)
            return readRows(
              session,
              sql,
              async (run) => {
                read += run.bytes.length
                await own.write(run)
                moved({ bytes: read, rows: 0 })
              },
              failures.signal,
            )
          })
        }),
      ),
    ),
  )
  const { sink } = await (opened ??= open())
  const { file } = await sink.end()
  const rows = results.reduce((sum, result) => sum + result.rows, 0)
  const bytes = results.reduce((sum, result) => sum + result.bytes, 0)
  if (file !== undefined) {
    await onTable({ schema: facts.schema, name: facts.name, dumpId: entry.dumpId, rows, bytes, file })
  }
  return { table, rows, bytes }
}

export function partsOf({ facts }: DumpedTable, parts: ReadonlyMap<number, Part[]>): Part[] {
  const { extension } = facts
  // A condition also where it is empty: the table itself would be locked differently, but gives the same rows.
  if (extension !== undefined) return [{ by: 'condition', where: extension.configCondition }]
  return parts.get(facts.oid) ?? [{ by: 'all' }]
}

async function writeBatch(
  writer: ArchiveWriter,
  { group, entry }: DumpedLargeObjects,
  { readers, progress, failures }: DataToWrite,
): Promise<Moved> {
  return failures.watch(
    readers.run((session) =>
      progress.step({ kind: 'large-objects', label: `dump large objects ${entry.tag}`, bytes: 0 }, async (moved) => {
        const so: Moved = { bytes: 0, rows: 0 }
        const sink = await writer.largeObjects(entry)
        for await (const { oid, data } of largeObjectContents(session, group.oids, failures.signal)) {
          so.bytes += (await sink.object(oid, data)).bytes
          so.rows += 1
          moved(so)
        }
        await sink.end()
        return so
      }),
    ),
  )
}

function bytesOf({ facts }: DumpedTable): number {
  return facts.heapBytes + facts.toastBytes
}
