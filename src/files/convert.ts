import { rm } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import {
  customWriter,
  directoryWriter,
  openArchive,
  type ArchiveWriter,
  type Compression,
  type Entry,
  type OpenArchive,
  type WrittenFile,
} from '../archive/index.ts'
import { PgleapError, unreachable } from '../errors.ts'
import type { EmitEvent, StepRef } from '../report/index.ts'
import { writePlain } from './plain-writer.ts'

export interface ConvertOptions {
  /** A custom-format or tar file, or a directory. */
  from: string
  /** What is not there yet; for one file also a stream, which is its owner's to end. */
  to: string | Writable
  format: 'directory' | 'custom' | 'plain'
  /** As in the original by default, where the new format has it; none for plain. */
  compression?: Compression | undefined
  level?: number | undefined
  signal?: AbortSignal | undefined
  onEvent?: EmitEvent | undefined
}

export interface ConvertResult {
  files: WrittenFile[]
  entries: number
}

/**
 * Writes an archive once more in another format, without a server. Names, definitions and rows pass as the bytes that they
 * are, whatever their encoding. What is left of an attempt that failed is removed. Throws PgleapError `archive.*`,
 * `usage.option`, and `run.interrupted` when the signal fires.
 */
export async function convert(options: ConvertOptions): Promise<ConvertResult> {
  const { from, signal } = options
  await using archive = await openArchive(from, { signal, text: 'bytes' })
  const progress = await Progress.of(archive, options.onEvent)
  const files = await write(archive, options, progress)
  return { files, entries: archive.archive.entries.length }
}

async function write(archive: OpenArchive, options: ConvertOptions, progress: Progress): Promise<WrittenFile[]> {
  const { to, format, level, signal } = options
  const compression = options.compression ?? (format === 'plain' ? 'none' : archive.archive.compression)
  const { version } = archive.archive
  switch (format) {
    case 'plain': {
      const onData = (entry: Entry, bytes: number | undefined) => progress.reached(entry, bytes)
      return [await writePlain({ from: archive, out: to, compression, level, text: 'bytes', signal, onData })]
    }
    case 'custom': {
      await using writer = await customWriter({ out: to, toc: archive.archive, compression, level, text: 'bytes' })
      return await copy(archive, writer, { signal, progress })
    }
    case 'directory': {
      const path = directoryName(to)
      const writer = await directoryWriter({ path, compression, level, version, text: 'bytes' })
      try {
        return await copy(archive, writer, { signal, progress })
      } catch (error) {
        // The writer made it, or found it empty.
        await writer[Symbol.asyncDispose]()
        await rm(path, { recursive: true, force: true })
        throw error
      }
    }
    default:
      return unreachable(format)
  }
}

interface CopyOptions {
  signal: AbortSignal | undefined
  progress: Progress
}

/** One entry after the other: the disk is what this waits for. */
async function copy(from: OpenArchive, to: ArchiveWriter, { signal, progress }: CopyOptions): Promise<WrittenFile[]> {
  for (const entry of from.archive.entries) {
    if (entry.data === undefined && !entry.hadDumper) continue
    progress.reached(entry, undefined)
    let bytes = 0
    if (entry.desc === 'BLOBS') {
      const sink = await to.largeObjects(entry)
      for await (const { oid, data } of from.largeObjects(entry, { signal })) {
        bytes += (await sink.object(oid, data)).bytes
      }
      await sink.end()
    } else {
      const sink = await to.data(entry)
      for await (const chunk of from.data(entry, { signal })) await sink.write(chunk)
      bytes = (await sink.end()).bytes
    }
    progress.reached(entry, bytes)
  }
  return to.finish(from.archive)
}

function directoryName(to: string | Writable): string {
  if (typeof to === 'string') return to
  throw new PgleapError({
    code: 'usage.option',
    message: 'The directory format is no stream: it cannot be written to standard output.',
    hint: 'Name a directory, or choose the custom or the plain format.',
    party: 'usage',
  })
}

/** Each entry with data as a step. */
class Progress {
  readonly #emit: EmitEvent
  readonly #steps: ReadonlyMap<number, StepRef>
  readonly #started = new Map<number, number>()

  private constructor(emit: EmitEvent, steps: ReadonlyMap<number, StepRef>) {
    this.#emit = emit
    this.#steps = steps
  }

  static async of(archive: OpenArchive, emit: EmitEvent | undefined): Promise<Progress> {
    if (emit === undefined) return new Progress(() => undefined, new Map())
    const steps = new Map<number, StepRef>()
    let total = 0
    for (const entry of archive.archive.entries.filter(({ data }) => data !== undefined)) {
      const bytes = (await archive.storedBytes(entry)) ?? 0
      total += bytes
      const name = entry.namespace === undefined ? entry.tag : `${entry.namespace}.${entry.tag}`
      const table = entry.desc === 'TABLE DATA' ? { table: name } : {}
      steps.set(entry.dumpId, { id: entry.dumpId, kind: 'convert', label: `convert ${name}`, bytes, ...table })
    }
    emit({ type: 'plan', at: Date.now(), steps: steps.size, tables: steps.size, bytes: total, estimateMs: 0 })
    return new Progress(emit, steps)
  }

  reached({ dumpId }: Entry, bytes: number | undefined): void {
    const step = this.#steps.get(dumpId)
    if (step === undefined) return
    const at = Date.now()
    const started = this.#started.get(dumpId)
    this.#started.set(dumpId, started ?? at)
    if (bytes === undefined) this.#emit({ type: 'step-started', at, step })
    else this.#emit({ type: 'step-done', at, step, ms: at - (started ?? at), bytes, rows: 0 })
  }
}
