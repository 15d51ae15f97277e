import type { DataSink, DirectoryWriter, WrittenFile } from '../../archive/index.ts'
import type { Part } from '../../copy/index.ts'
import { allSettled, type Readers } from '../../verify/index.ts'
import type { PayloadRun } from '../../wire/index.ts'
import { again } from './again.ts'
import type { DumpedLargeObjects, DumpedTable } from './entries.ts'
import type { FirstFailure } from './first-failure.ts'
import type { FinishedTable } from './journal.ts'
import { largeObjectContents } from './large-object-contents.ts'
import type { Broken, DumpStep, Moved, Progress } from './progress.ts'
import { readRows, SharedRows } from './rows.ts'

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
 * the largest first. What a lost connection breaks is written anew, by itself. Throws the first failure, once all has ended.
 */
export async function writeDirectory(writer: DirectoryWriter, data: DataToWrite): Promise<WrittenData> {
  const largestFirst = data.tables.toSorted((one, other) => bytesOf(other) - bytesOf(one))
  const [tables, batches] = await allSettled([
    allSettled(largestFirst.map((table) => data.failures.watch(writeTable(writer, table, data)))),
    allSettled(data.largeObjects.map((batch) => data.failures.watch(writeBatch(writer, batch, data)))),
  ])
  return {
    tables,
    largeObjects: {
      count: batches.reduce((sum, batch) => sum + batch.rows, 0),
      bytes: batches.reduce((sum, batch) => sum + batch.bytes, 0),
    },
  }
}

/**
 * One table, in as many parts as it was cut into. They share a file, from which nobody can take the rows of one part again: where
 * one breaks, the table begins anew.
 */
async function writeTable(writer: DirectoryWriter, table: DumpedTable, data: DataToWrite): Promise<WrittenTable> {
  const { progress, onTable, failures } = data
  const { facts, entry } = table
  const parts = partsOf(table, data.parts)
  const name = `${facts.schema}.${facts.name}`
  const steps = parts.map((part, place) => {
    const label = parts.length === 1 ? name : `${name} (part ${String(place + 1)} of ${String(parts.length)})`
    const bytes = Math.round(bytesOf(table) / parts.length)
    return { part, step: progress.step({ kind: 'copy', label: `dump ${label}`, table: name, bytes }) }
  })
  const { rows, bytes, file } = await again(
    {
      signal: failures.signal,
      onBroken: async (broken) => {
        await writer.discard(entry)
        for (const { step } of steps) step.again(broken)
      },
    },
    (attempt) => writeParts(writer, { table, steps, attempt }, data),
  )
  if (file !== undefined) {
    await onTable({ schema: facts.schema, name: facts.name, dumpId: entry.dumpId, rows, bytes, file })
  }
  return { table, rows, bytes }
}

interface TableAttempt {
  table: DumpedTable
  steps: { part: Part; step: DumpStep }[]
  attempt: FirstFailure
}

/** The table's file is opened when the first part begins. */
async function writeParts(
  writer: DirectoryWriter,
  { table: { facts, entry, rows: format }, steps, attempt }: TableAttempt,
  { readers, encoding }: DataToWrite,
): Promise<Moved & { file: WrittenFile | undefined }> {
  let opened: Promise<{ sink: DataSink; rows: SharedRows }> | undefined
  const open = async () => {
    const sink = await writer.data(entry)
    return { sink, rows: new SharedRows(sink) }
  }
  const results = await allSettled(
    steps.map(({ part, step }) =>
      attempt.watch(
        readers.run(async (session) => {
          // Not the first failure itself, after which this session would be taken for a lost one.
          if (attempt.signal.aborted) throw new Error('another part of the table broke')
          opened ??= open()
          const { rows } = await opened
          using own = rows.part()
          return await step.run(async (moved) => {
            let read = 0
            const take = (run: PayloadRun) => {
              read += run.bytes.length
              moved({ bytes: read, rows: 0 })
              return own.write(run)
            }
            return readRows(session, { table: facts, part, format, encoding }, take, attempt.signal)
          })
        }),
      ),
    ),
  )
  const { sink } = await (opened ??= open())
  const { file } = await sink.end()
  return {
    rows: results.reduce((sum, result) => sum + result.rows, 0),
    bytes: results.reduce((sum, result) => sum + result.bytes, 0),
    file,
  }
}

export function partsOf({ facts }: DumpedTable, parts: ReadonlyMap<number, Part[]>): Part[] {
  const { extension } = facts
  // A condition also where it is empty: the table itself would be locked differently, but gives the same rows.
  if (extension !== undefined) return [{ by: 'condition', where: extension.configCondition }]
  return parts.get(facts.oid) ?? [{ by: 'all' }]
}

async function writeBatch(
  writer: DirectoryWriter,
  { group, entry }: DumpedLargeObjects,
  { readers, progress, failures: { signal } }: DataToWrite,
): Promise<Moved> {
  const step = progress.step({ kind: 'large-objects', label: `dump large objects ${entry.tag}`, bytes: 0 })
  const onBroken = async (broken: Broken) => {
    await writer.discard(entry)
    step.again(broken)
  }
  return again({ signal, onBroken }, async () => {
    const { so, sink } = await readers.run((session) =>
      step.run(async (moved) => {
        const so: Moved = { bytes: 0, rows: 0 }
        const sink = await writer.largeObjects(entry)
        for await (const { oid, data } of largeObjectContents(session, group.oids, signal)) {
          so.bytes += (await sink.object(oid, data)).bytes
          so.rows += 1
          moved(so)
        }
        return { ...so, so, sink }
      }),
    )
    // Not within, where the session may still turn out to be lost: what has ended cannot be taken back.
    await sink.end()
    return so
  })
}

function bytesOf({ facts }: DumpedTable): number {
  return facts.heapBytes + facts.toastBytes
}
