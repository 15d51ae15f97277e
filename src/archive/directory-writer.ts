import { mkdir, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { PgleapError } from '../errors.ts'
import { BlockPipe } from './compression/block-pipe.ts'
import { BLOCK_BYTES, blockCompressor, type CompressBlock } from './compression/compress.ts'
import { SUFFIXES } from './compression/kinds.ts'
import type { TextMode } from './cursor.ts'
import {
  dataForm,
  type ArchiveWriter,
  type DataSink,
  type DataSize,
  type LargeObjectsSink,
  type WrittenFile,
} from './data.ts'
import type { Archive, Compression, Entry } from './entry.ts'
import { unwritable } from './errors.ts'
import { makeDurable, OutputFile } from './output.ts'
import { END_MARKER } from './rows.ts'
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
export async function directoryWriter(options: DirectoryWriterOptions): Promise<ArchiveWriter> {
  const compress = blockCompressor(options.compression, options.level)
  await emptyFolder(options.path, new Set(options.kept?.map(({ file }) => file.path)))
  return new DirectoryWriter(options, compress)
}

class DirectoryWriter implements ArchiveWriter {
  readonly #options: DirectoryWriterOptions
  readonly #version: Archive['version']
  readonly #compress: CompressBlock
  readonly #files: WrittenFile[] = []
  readonly #written = new Set<number>()
  readonly #open = new Set<OutputFile>()

  constructor(options: DirectoryWriterOptions, compress: CompressBlock) {
    this.#options = options
    this.#version = writtenVersion(options.version ?? NEWEST_VERSION, options.compression)
    this.#compress = compress
    for (const { dumpId, file } of options.kept ?? []) {
      this.#written.add(dumpId)
      this.#files.push(file)
    }
  }

  async data(entry: Entry): Promise<DataSink> {
    const { pipe, close } = await this.#stream(this.#fileOf(entry))
    return {
      write: (chunk) => pipe.write(chunk),
      end: async () => {
        if (entry.desc === 'TABLE DATA' && dataForm(entry) === 'copy') await pipe.write(END_MARKER)
        const { size, file } = await close()
        this.#written.add(entry.dumpId)
        return { ...size, file }
      },
    }
  }

  async largeObjects(entry: Entry): Promise<LargeObjectsSink> {
    // The list is never compressed: pg_restore's own is not.
    const list = await this.#create(this.#fileOf(entry))
    let lines = ''
    return {
      object: async (oid, chunks) => {
        const { pipe, close } = await this.#stream(`blob_${oid}.dat`)
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
        await this.#close(list)
        this.#written.add(entry.dumpId)
      },
    }
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
    await this.#close(toc)
    await makeDurable(
      this.#files.map((file) => join(path, file.path)),
      path,
    )
    try {
      await rename(join(path, partial), join(path, 'toc.dat'))
    } catch (error) {
      throw unwritable(path, error)
    }
    await makeDurable([], path)
    return this.#files.map((file) => (file.path === partial ? { ...file, path: 'toc.dat' } : file))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#open) await file.abandon()
  }

  /** The names that pg_dump gives (_ArchiveEntry of pg_backup_directory.c), without the suffix of the compression. */
  #fileOf({ desc, dumpId }: Entry): string {
    if (desc !== 'BLOBS') return `${dumpId}.dat`
    // Older archives have one such entry, and pg_restore looks for this name.
    return this.#version.minor < 16 ? 'blobs.toc' : `blobs_${dumpId}.toc`
  }

  async #stream(
    name: string,
  ): Promise<{ pipe: BlockPipe; close: () => Promise<{ size: DataSize; file: WrittenFile }> }> {
    const file = await this.#create(name + SUFFIXES[this.#options.compression])
    const pipe = new BlockPipe({
      blockBytes: BLOCK_BYTES,
      compress: this.#compress,
      store: (bytes) => file.write(bytes),
    })
    const close = async () => {
      const size = await pipe.end()
      return { size, file: await this.#close(file) }
    }
    return { pipe, close }
  }

  async #create(name: string): Promise<OutputFile> {
    const file = await OutputFile.create(join(this.#options.path, name), name)
    this.#open.add(file)
    return file
  }

  async #close(file: OutputFile): Promise<WrittenFile> {
    this.#open.delete(file)
    const written = await file.close()
    this.#files.push(written)
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
