import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PgleapError } from '../errors.ts'
import { BlockPipe } from './compression/block-pipe.ts'
import { BLOCK_BYTES, blockCompressor, type CompressBlock } from './compression/compress.ts'
import { SUFFIXES } from './compression/kinds.ts'
import type { TextMode } from './cursor.ts'
import { type DataSink, type DataSize, type DirectoryWriter, type LargeObjectsSink, type WrittenFile } from './data.ts'
import type { Archive, Compression, Entry } from './entry.ts'
import { unwritable } from './errors.ts'
import { makeDurable, OutputFile } from './output.ts'
import { frameOf } from './rows.ts'
import { charset, tocBytes } from './toc-bytes.ts'
import { NEWEST_VERSION, withData, writtenVersion } from './written.ts'

export interface DirectoryWriterOptions {
  /** Absent or empty. */
  path: string
  compression: Compression
  level?: number | undefined
  /** Of the archive's format; older ones for an older pg_restore. The newest one by default. */
  version?: Archive['version']
  text?: TextMode
  /** Data that an earlier writer of this directory has finished: these files may be there, and none but these. */
  kept?: readonly { dumpId: number; file: WrittenFile }[]
}

/**
 * Writes pg_dump's directory format: a file for each entry with data, several at once, and toc.dat last, without which no
 * program takes the directory for an archive. Throws PgleapError `archive.exists`, `archive.level`, `archive.unwritable`.
 */
export async function directoryWriter(options: DirectoryWriterOptions): Promise<DirectoryWriter> {
  const compress = blockCompressor(options.compression, options.level)
  await emptyFolder(options.path, new Set(options.kept?.map(({ file }) => file.path)))
  return new FilesWriter(options, compress)
}

class FilesWriter implements DirectoryWriter {
  readonly #options: DirectoryWriterOptions
  readonly #version: Archive['version']
  readonly #compress: CompressBlock
  /** By name. */
  readonly #files = new Map<string, WrittenFile>()
  readonly #written = new Set<number>()
  /** By name. */
  readonly #open = new Map<string, OutputFile>()
  /** Names of the files of each entry whose data has not ended, by dump id. */
  readonly #begun = new Map<number, string[]>()

  constructor(options: DirectoryWriterOptions, compress: CompressBlock) {
    this.#options = options
    this.#version = writtenVersion(options.version ?? NEWEST_VERSION, options.compression)
    this.#compress = compress
    for (const { dumpId, file } of options.kept ?? []) {
      this.#written.add(dumpId)
      this.#files.set(file.path, file)
    }
  }

  async data(entry: Entry): Promise<DataSink> {
    const { pipe, close } = await this.#stream(entry, this.#fileOf(entry))
    const { head, tail } = frameOf(entry)
    await pipe.write(head)
    return {
      write: (...chunks) => pipe.write(...chunks),
      end: async () => {
        await pipe.write(tail)
        const { size, file } = await close()
        this.#ended(entry)
        return { ...size, file }
      },
    }
  }

  async largeObjects(entry: Entry): Promise<LargeObjectsSink> {
    // The list is never compressed: pg_restore's own is not.
    const name = this.#fileOf(entry)
    const list = await this.#begin(entry, name)
    let lines = ''
    return {
      object: async (oid, chunks) => {
        const { pipe, close } = await this.#stream(entry, `blob_${oid}.dat`)
        for await (const chunk of chunks) await pipe.write(chunk)
        lines += `${oid} blob_${oid}.dat\n`
        if (lines.length > BLOCK_BYTES) {
          await list.write(Buffer.from(lines))
          lines = ''
        }
        return (await close()).size
      },
      end: async () => {
        await list.write(Buffer.from(lines))
        await this.#close(name, list)
        this.#ended(entry)
      },
    }
  }

  async discard({ dumpId }: Entry): Promise<void> {
    const { path } = this.#options
    for (const name of this.#begun.get(dumpId) ?? []) {
      const open = this.#open.get(name)
      this.#open.delete(name)
      this.#files.delete(name)
      try {
        if (open === undefined) await rm(join(path, name), { force: true })
        else await open.abandon()
      } catch (error) {
        throw unwritable(join(path, name), error)
      }
    }
    this.#begun.delete(dumpId)
  }

  async finish(archive: Archive): Promise<WrittenFile[]> {
    const { path, compression, text = 'decoded' } = this.#options
    const version = this.#version
    const entries = withData(archive.entries, this.#written, (entry) => ({
      in: 'directory',
      file: this.#fileOf(entry),
    }))
    const partial = 'toc.dat.partial'
    const toc = await this.#create(partial)
    await toc.write(
      tocBytes({ ...archive, format: 'directory', version, compression, entries }, { charset: charset(archive, text) }),
    )
    await this.#close(partial, toc)
    await makeDurable(
      [...this.#files.keys()].map((name) => join(path, name)),
      path,
    )
    try {
      await rename(join(path, partial), join(path, 'toc.dat'))
    } catch (error) {
      throw unwritable(path, error)
    }
    await makeDurable([], path)
    return [...this.#files.values()].map((file) => (file.path === partial ? { ...file, path: 'toc.dat' } : file))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#open.values()) await file.abandon()
  }

  /** The names that pg_dump gives (_ArchiveEntry of pg_backup_directory.c), without the suffix of the compression. */
  #fileOf({ desc, dumpId }: Entry): string {
    if (desc !== 'BLOBS') return `${dumpId}.dat`
    // Older archives have one such entry, and pg_restore looks for this name.
    return this.#version.minor < 16 ? 'blobs.toc' : `blobs_${dumpId}.toc`
  }

  #ended({ dumpId }: Entry): void {
    this.#written.add(dumpId)
    this.#begun.delete(dumpId)
  }

  async #stream(
    entry: Entry,
    stem: string,
  ): Promise<{ pipe: BlockPipe; close: () => Promise<{ size: DataSize; file: WrittenFile }> }> {
    const name = stem + SUFFIXES[this.#options.compression]
    const file = await this.#begin(entry, name)
    const pipe = new BlockPipe({
      blockBytes: BLOCK_BYTES,
      compress: this.#compress,
      store: (bytes) => file.write(bytes),
    })
    const close = async () => {
      const size = await pipe.end()
      return { size, file: await this.#close(name, file) }
    }
    return { pipe, close }
  }

  /** A file of an entry's data. */
  async #begin({ dumpId }: Entry, name: string): Promise<OutputFile> {
    const file = await this.#create(name)
    const begun = this.#begun.get(dumpId)
    if (begun === undefined) this.#begun.set(dumpId, [name])
    else begun.push(name)
    return file
  }

  async #create(name: string): Promise<OutputFile> {
    const file = await OutputFile.create(join(this.#options.path, name), name)
    this.#open.set(name, file)
    return file
  }

  async #close(name: string, file: OutputFile): Promise<WrittenFile> {
    this.#open.delete(name)
    const written = await file.close()
    this.#files.set(name, written)
    return written
  }
}

async function emptyFolder(path: string, besides: ReadonlySet<string>): Promise<void> {
  let names: string[]
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    names = await readdir(path)
  } catch (error) {
    throw unwritable(path, error)
  }
  if (names.every((name) => besides.has(name))) return
  throw new PgleapError({
    code: 'archive.exists',
    message: `${path} is not empty.`,
    hint: 'Name a directory that is empty or not there yet; nothing is overwritten.',
    party: 'usage',
  })
}
