import { pieces } from './bytes.ts'
import { decompressed } from './compression/decompress.ts'
import type { LargeObject, OpenArchive, ReadOptions } from './data.ts'
import type { Archive, Entry } from './entry.ts'
import { damagedData } from './errors.ts'
import type { Files } from './files.ts'
import { entryData, guarded } from './streams.ts'

export interface FilesArchiveOptions {
  path: string
  files: Files
  archive: Archive
  close: () => Promise<void>
}

/** Longer than any line that pg_dump writes: an OID and `blob_<oid>.dat`. */
const LONGEST_LINE = 1024
/** Large objects in one file's name each, without suffix. Nothing else is opened, wherever it may lead. */
const OBJECT_LINE = /^(\d{1,10}) (blob_\d{1,10}\.dat)$/

/** A directory or a tar file, where each entry's data is a file of its own, and so is each large object. */
export class FilesArchive implements OpenArchive {
  readonly archive: Archive
  readonly #options: FilesArchiveOptions

  constructor(options: FilesArchiveOptions) {
    this.archive = options.archive
    this.#options = options
  }

  data(entry: Entry, options: ReadOptions = {}): AsyncGenerator<Buffer> {
    const file = this.#fileOf(entry)
    return entryData(entry, file === undefined ? undefined : this.#read(file), this.#origin(options))
  }

  largeObjects(entry: Entry, options: ReadOptions = {}): AsyncGenerator<LargeObject> {
    return guarded(this.#objects(entry, options), this.#origin(options))
  }

  async storedBytes(entry: Entry): Promise<number | undefined> {
    const file = this.#fileOf(entry)
    if (file === undefined) return 0
    if (entry.desc !== 'BLOBS') return this.#options.files.size(file)
    let bytes = 0
    for await (const { name } of this.#listed(file)) {
      const size = await this.#options.files.size(name)
      if (size === undefined) return undefined
      bytes += size
    }
    return bytes
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#options.close()
  }

  #fileOf(entry: Entry): string | undefined {
    if (entry.data?.in !== 'directory') return undefined
    if (entry.desc !== 'BLOBS') return entry.data.file
    // Before 1.16 there was one list of large objects, and its entry did not always name it (_LoadLOs).
    if (this.archive.version.minor < 16) return 'blobs.toc'
    // In a tar file it never does.
    return this.archive.format === 'tar' ? `blobs_${entry.dumpId}.toc` : entry.data.file
  }

  async *#objects(entry: Entry, options: ReadOptions): AsyncGenerator<LargeObject> {
    const list = this.#fileOf(entry)
    if (list === undefined) return
    for await (const { oid, name } of this.#listed(list)) {
      const bytes = this.#read(name)
      yield { oid, data: guarded(bytes, this.#origin(options)) }
      await bytes.return(undefined)
    }
  }

  async *#listed(list: string): AsyncGenerator<{ oid: number; name: string }> {
    for await (const line of lines(this.#read(list))) {
      const [, oid, name] = OBJECT_LINE.exec(line) ?? []
      if (oid === undefined || name === undefined || Number(oid) > 0xffffffff) {
        throw damagedData(`${list} has a line that names no large object`)
      }
      yield { oid: Number(oid), name }
    }
  }

  async *#read(name: string): AsyncGenerator<Buffer> {
    await using file = await this.#options.files.find(name)
    if (file === undefined) throw damagedData(`the data file ${name} is missing`)
    yield* decompressed(file.compression, pieces(file.range))
  }

  #origin(options: ReadOptions) {
    return { ...options, path: this.#options.path }
  }
}

async function* lines(source: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of source) {
    const whole = (rest + chunk.toString('latin1')).split('\n')
    rest = whole.pop() ?? ''
    if (rest.length > LONGEST_LINE) throw damagedData('a list of large objects has no lines')
    yield* whole
  }
  if (rest !== '') throw damagedData('a list of large objects ends in the middle of a line')
}
