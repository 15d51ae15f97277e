import { basename } from 'node:path'
import type { Writable } from 'node:stream'
import { customWriter, directoryWriter, type WrittenFile } from '../../archive/index.ts'
import { assertNotReplaced, type SourceSnapshot, type TableFacts } from '../../catalog/index.ts'
import { PgleapError } from '../../errors.ts'
import { cutTables } from '../../migrate/index.ts'
import {
  allSettled,
  readContentSums,
  Readers,
  type ContentSums,
  type Moment,
  type TableSum,
} from '../../verify/index.ts'
import { writeManifest } from '../manifest.ts'
import { writePlain } from '../plain-writer.ts'
import { again, inSnapshot, patientMoment } from './again.ts'
import type { DatabaseDump, Source } from './database.ts'
import type { FirstFailure } from './first-failure.ts'
import { Journal } from './journal.ts'
import { wholeFiles, withKept, type Kept } from './kept.ts'
import type { ArchiveChoices } from './options.ts'
import { manifestOf } from './outcome.ts'
import { Place } from './place.ts'
import { Progress } from './progress.ts'
import type { DumpReading } from './read-source.ts'
import { SourceData } from './source-data.ts'
import { writeDirectory, type WrittenData } from './write-directory.ts'

/** A dump whose source has been read, but for its rows. */
export interface Work {
  run: DatabaseDump
  source: Source
  snapshot: SourceSnapshot
  reading: DumpReading
  failures: FirstFailure
  kept: Kept
}

/** What was written. */
export interface Done {
  data: WrittenData
  sums: ContentSums | undefined
  files: WrittenFile[]
  manifest: string | undefined
  /** Tables that an earlier process had finished. */
  kept: number
}

/** Writes data, hashes, table of contents and manifest, to where they go. */
export function writeArchive(work: Work): Promise<Done> {
  const { to, choices } = work.run
  if (choices.format === 'directory') {
    if (to instanceof Place) return writeFolder(work, to)
    throw new PgleapError({
      code: 'usage.option',
      message: 'A directory cannot be written to a stream.',
      hint: 'Choose --format custom or --format plain, or name a directory.',
      party: 'usage',
    })
  }
  return writeFile(work)
}

async function writeFolder(work: Work, to: Place): Promise<Done> {
  const { run, reading, failures, snapshot } = work
  const { choices, log, jobs } = run
  const tables = await wholeFiles(work.kept, to)
  const kept = { tables, sums: work.kept.sums }
  await to.clear(tables)
  await using journal = await Journal.begin(to.journal, { identity: snapshot.identity, choices, kept })
  await using writer = await directoryWriter({
    path: to.partial,
    compression: choices.compression,
    level: choices.compressionLevel ?? undefined,
    kept: tables,
  })
  const done = new Set(tables.map(({ dumpId }) => dumpId))
  const left = reading.tables.filter(({ entry }) => !done.has(entry.dumpId))
  const { signal } = failures
  const cut = left.map(({ facts }) => facts)
  const parts = await inSnapshot(snapshot, { log, signal }, (session) =>
    cutTables(session, cut, { jobs, partSize: run.partSize }),
  )
  announce(
    work,
    left.reduce((sum, { facts }) => sum + (parts.get(facts.oid)?.length ?? 1), reading.largeObjects.length),
  )
  const moment = patientMoment(snapshot, { log, failures })
  await using readers = new Readers(moment, { limit: jobs, signal, prepare: '' })
  const [data, sums] = await allSettled([
    failures.watch(
      writeDirectory(writer, {
        readers,
        tables: left,
        parts,
        largeObjects: reading.largeObjects,
        encoding: reading.encoding,
        progress: new Progress(log),
        onTable: (finished) => journal.table(finished),
        failures,
      }),
    ),
    failures.watch(readSums(work, moment, { known: kept.sums, onSum: (sum) => journal.sum(sum) })),
  ])
  await inSnapshot(snapshot, { log, signal }, (session) => assertNotReplaced(session, reading.facts))
  log.phase('finish')
  const files = await writer.finish(reading.archive)
  const whole: Done = { data: withKept(data, tables, reading), sums, files, manifest: to.manifest, kept: tables.length }
  await writeManifest(to.manifest, manifestOf(work, whole))
  await to.finish()
  await journal.remove()
  return { ...whole, manifest: to.finalManifest }
}

async function writeFile(work: Work): Promise<Done> {
  const { run, reading, failures, snapshot } = work
  const { to, choices, log } = run
  const { signal } = failures
  if (to instanceof Place) await to.clear([])
  const out = to instanceof Place ? to.path : to
  const level = choices.compressionLevel ?? undefined
  announce(work, reading.tables.length + reading.largeObjects.length)
  const moment = patientMoment(snapshot, { log, failures })
  await using session = await moment.openReader(signal)
  const reads = failures.watch(readSums(work, moment, { known: [], onSum: () => Promise.resolve() }))
  const { archive, tables, largeObjects, encoding } = reading
  const from = new SourceData(session, {
    archive,
    tables,
    largeObjects,
    encoding,
    progress: new Progress(log),
    // Before the file gets its end, and its name.
    whenRead: async () => {
      await reads
      await inSnapshot(snapshot, { log, signal }, (fresh) => assertNotReplaced(fresh, reading.facts))
    },
    signal,
  })
  const [file, sums] = await allSettled([
    failures.watch(
      choices.format === 'custom'
        ? writeCustom(from, { out, level, ...choices })
        : writePlain({ from, out, compression: choices.compression, level, signal }),
    ),
    reads,
  ])
  log.phase('finish')
  const manifest = run.manifest ?? (to instanceof Place ? to.manifest : undefined)
  const name = to instanceof Place ? basename(to.path) : '-'
  const done: Done = { data: from.written, sums, files: [{ ...file, path: name }], manifest, kept: 0 }
  if (manifest !== undefined) await writeManifest(manifest, manifestOf(work, done))
  return done
}

async function writeCustom(
  from: SourceData,
  {
    out,
    compression,
    level,
  }: Pick<ArchiveChoices, 'compression'> & { out: string | Writable; level: number | undefined },
): Promise<WrittenFile> {
  const { archive } = from
  await using writer = await customWriter({ out, toc: archive, compression, level })
  for (const entry of archive.entries) {
    if (entry.desc === 'TABLE DATA') {
      const sink = await writer.data(entry)
      for await (const chunk of from.data(entry)) await sink.write(chunk)
      await sink.end()
    }
    if (entry.desc === 'BLOBS') {
      const sink = await writer.largeObjects(entry)
      for await (const { oid, data } of from.largeObjects(entry)) await sink.object(oid, data)
      await sink.end()
    }
  }
  const [file] = await writer.finish(archive)
  if (file !== undefined) return file
  throw new PgleapError({ code: 'internal.no-file', message: 'The archive has no file.', party: 'internal' })
}

function announce({ run, reading }: Work, steps: number): void {
  const { log } = run
  log.emit({
    type: 'plan',
    at: Date.now(),
    steps,
    tables: reading.tables.length,
    bytes: reading.facts.reduce((sum, table) => sum + table.heapBytes + table.toastBytes, 0),
    estimateMs: 0,
  })
  log.phase('run')
}

interface SumsToRead {
  /** Those that an earlier process has read. */
  known: readonly TableSum[]
  onSum: (sum: TableSum) => Promise<void>
}

/** Beside the reading of the rows, by half as many sessions again. What a lost connection breaks is read again. */
async function readSums(
  { run, reading, failures }: Work,
  moment: Moment,
  { known, onSum }: SumsToRead,
): Promise<ContentSums | undefined> {
  if (run.choices.hashes === 'none') return undefined
  const { signal } = failures
  const tables = new Map(known.map((sum) => [labelOf(sum), sum]))
  const noted: Promise<void>[] = []
  const onBroken = ({ reason }: { reason: string }) => {
    run.log.notice({ level: 'info', code: 'run.reconnecting', message: `${reason} It is tried again.` })
  }
  const sums = await again({ signal, onBroken }, () => {
    const left = new Set(reading.facts.filter((table) => !tables.has(labelOf(table))).map(({ oid }) => oid))
    return readContentSums(moment, {
      mode: 'full',
      jobs: Math.max(1, Math.ceil(run.jobs / 2)),
      includeRows: (table: TableFacts) => left.has(table.oid),
      onTable: (sum) => {
        tables.set(labelOf(sum), sum)
        noted.push(failures.watch(onSum(sum)))
      },
      signal,
    })
  })
  await allSettled(noted)
  return {
    ...sums,
    tables: [...tables.values()].toSorted((one, other) => (labelOf(one) < labelOf(other) ? -1 : 1)),
  }
}

function labelOf({ schema, name }: { schema: string; name: string }): string {
  return `${schema}.${name}`
}
