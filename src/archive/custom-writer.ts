import type { Writable } from 'node:stream'
import { PgleapError } from '../errors.ts'
import { customStream, type CompressedStream } from './compression/custom-stream.ts'
import { checkLevel } from './compression/compress.ts'
import type { TextMode } from './cursor.ts'
import { DATA, LARGE_OBJECTS } from './custom-blocks.ts'
import { outputTo, type Output } from './single-output.ts'
import { type ArchiveWriter, type DataSink, type LargeObjectsSink, type WrittenFile } from './data.ts'
import type { Archive, Compression, Entry } from './entry.ts'
import { frameOf } from './rows.ts'
import { charset, tocBytes } from './toc-bytes.ts'
import { hasData, withData, writtenVersion } from './written.ts'

export interface CustomWriterOptions {
  /** A file that is not there yet, or a stream, whose readers have to look for the data. */
  out: string | Writable
  /** All entries, in the archive's version; data is added to those that have some. */
  toc: Archive
  compression: Compression
  level?: number | undefined
  text?: TextMode
}

/**
 * Writes pg_dump's custom format, one entry's data after the other, in any order. A file has its name only once it is
 * whole. Throws PgleapError `archive.exists`, `archive.level`, `archive.unwritable`.
 */
export async function customWriter(options: CustomWriterOptions): Promise<ArchiveWriter> {
  checkLevel(options.compression, options.level)
  const writer = new CustomWriter(options, await outputTo(options.out))
  try {
    await writer.begin()
  } catch (error) {
    await writer[Symbol.asyncDispose]()
    throw error
  }
  return writer
}

class CustomWriter implements ArchiveWriter {
  readonly #options: CustomWriterOptions
  readonly #output: Output
  readonly #offsets = new Map<number, bigint>()
  #tocBytes = 0
  #state: 'free' | 'busy' | 'finished' = 'free'

  constructor(options: CustomWriterOptions, output: Output) {
    this.#options = options
    this.#output = output
  }

  async data(entry: Entry): Promise<DataSink> {
    await this.#block(entry, DATA)
    const stream = this.#stream()
    const { head, tail } = frameOf(entry)
    await stream.write(head)
    return {
      write: (...chunks) => stream.write(...chunks),
      end: async () => {
        await stream.write(tail)
        const size = await stream.end()
        await this.#output.write(int(0))
        this.#state = 'free'
        return size
      },
    }
  }

  async largeObjects(entry: Entry): Promise<LargeObjectsSink> {
    await this.#block(entry, LARGE_OBJECTS)
    return {
      object: async (oid, chunks) => {
        // pg_dump writes an OID as a signed number.
        await this.#output.write(int(oid | 0))
        const stream = this.#stream()
        for await (const chunk of chunks) await stream.write(chunk)
        const size = await stream.end()
        await this.#output.write(int(0))
        return size
      },
      end: async () => {
        await this.#output.write(int(0))
        this.#state = 'free'
      },
    }
  }

  async finish(archive: Archive): Promise<WrittenFile[]> {
    const place = ({ dumpId }: Entry) => ({ in: 'custom', offset: this.#offsets.get(dumpId) }) as const
    const toc = this.#toc(archive, withData(archive.entries, new Set(this.#offsets.keys()), place))
    if (this.#state !== 'free') throw misuse('data is still being written')
    if (toc.length !== this.#tocBytes) throw misuse('its entries changed')
    const file = await this.#output.finish(toc)
    this.#state = 'finished'
    return [file]
  }

  /** The table of contents without the positions of the data, which is as long as it will be with them. */
  async begin(): Promise<void> {
    const { toc } = this.#options
    const unknown = { in: 'custom', offset: undefined } as const
    const entries = toc.entries.map((entry) => ({ ...entry, data: hasData(entry) ? unknown : undefined }))
    const bytes = this.#toc(toc, entries)
    this.#tocBytes = bytes.length
    await this.#output.write(bytes)
  }

  #toc(archive: Archive, entries: Entry[]): Buffer {
    const { compression, text = 'decoded', toc } = this.#options
    const version = writtenVersion(toc.version, compression)
    return tocBytes(
      { ...archive, format: 'custom', version, compression, entries },
      { charset: charset(archive, text) },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state !== 'finished') await this.#output.abandon()
  }

  async #block({ dumpId }: Entry, kind: number): Promise<void> {
    if (this.#state !== 'free') throw misuse('two entries are written at once')
    this.#state = 'busy'
    this.#offsets.set(dumpId, BigInt(this.#output.position))
    await this.#output.write(Buffer.concat([Buffer.of(kind), int(dumpId)]))
  }

  #stream(): CompressedStream {
    const { compression, level } = this.#options
    return customStream({ compression, level }, async (bytes) => {
      await this.#output.write(int(bytes.length))
      await this.#output.write(bytes)
    })
  }
}

/** WriteInt of pg_backup_archiver.c: a sign, then the magnitude in four bytes. */
function int(value: number): Buffer {
  const bytes = Buffer.alloc(5)
  bytes[0] = value < 0 ? 1 : 0
  bytes.writeUInt32LE(Math.abs(value), 1)
  return bytes
}

function misuse(what: string): PgleapError {
  return new PgleapError({
    code: 'internal.archive-data',
    message: `A custom archive cannot be written: ${what}.`,
    hint: 'This is a bug in pgleap; please report it.',
    party: 'internal',
  })
}
