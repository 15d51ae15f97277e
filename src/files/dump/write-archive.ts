import { basename } from 'node:path'
import type { Writable } from 'node:stream'
import { customWriter, directoryWriter, type WrittenFile } from '../../archive/index.ts'
import type { SourceSnapshot, TableFacts } from '../../catalog/index.ts'
import { PgleapError } from '../../errors.ts'
import { cutTables } from '../../migrate/index.ts'
import { allSettled, readContentSums, Readers, type ContentSums, type TableSum } from '../../verify/index.ts'
import { writeManifest } from '../manifest.ts'
import { writePlain } from '../plain-writer.ts'
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
  const parts = await cutTables(
    snapshot.keeper,
    left.map(({ facts }) => facts),
    { jobs, partSize: run.partSize },
  )
  const { signal } = failures
  announce(
    work,
    left.reduce((sum, { facts }) => sum + (parts.get(facts.oid)?.length ?? 1), reading.largeObjects.length),
  )
  await using readers = new Readers(snapshot, { limit: jobs, signal, prepare: '' })
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
    failures.watch(readSums(work, kept.sums, (sum) => journal.sum(sum))),
  ])
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
  await using session = await snapshot.openReader(signal)
  const { archive, tables, largeObjects, encoding } = reading
  const from = new SourceData(session, { archive, tables, largeObjects, encoding, progress: new Progress(log), signal })
  const [file, sums] = await allSettled([
    failures.watch(
      choices.format === 'custom'
        ? writeCustom(from, { out, level, ...choices })
        : writePlain({ from, out, compression: choices.compression, level, signal }),
    ),
    failures.watch(readSums(work, [], () => Promise.resolve())),
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

/** Beside the reading of the rows, by half as many sessions again. */
async function readSums(
  { run, snapshot, reading, failures }: Work,
  known: readonly TableSum[],
  onSum: (sum: TableSum) => Promise<void>,
): Promise<ContentSums | undefined> {
  if (run.choices.hashes === 'none') return undefined
  const names = new Set(known.map(({ schema, name }) => `${schema}.${name}`))
  const wanted = new Set(
    reading.facts.filter(({ schema, name }) => !names.has(`${schema}.${name}`)).map(({ oid }) => oid),
  )
  const noted: Promise<void>[] = []
  const sums = await readContentSums(snapshot, {
    mode: 'full',
    jobs: Math.max(1, Math.ceil(run.jobs / 2)),
    includeRows: (table: TableFacts) => wanted.has(table.oid),
    onTable: (sum) => noted.push(failures.watch(onSum(sum))),
    signal: failures.signal,
  })
  await allSettled(noted)
  const tables = [...known, ...sums.tables]
  return {
    ...sums,
    tables: tables.toSorted((one, other) => (`${one.schema}.${one.name}` < `${other.schema}.${other.name}` ? -1 : 1)),
  }
}
