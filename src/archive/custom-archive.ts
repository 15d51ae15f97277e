import type { ByteRange } from './bytes.ts'
import { decompressedBlocks } from './compression/decompress.ts'
import { BlockReader, walkBlocks, type BlockHeader, type BlockPlace } from './custom-blocks.ts'
import type { LargeObject, OpenArchive, ReadOptions } from './data.ts'
import type { Archive, Entry } from './entry.ts'
import { damagedData } from './errors.ts'
import type { ParsedArchive } from './parse.ts'
import { entryData, guarded } from './streams.ts'

export interface CustomArchiveOptions {
  path: string
  range: ByteRange
  parsed: ParsedArchive
  close: () => Promise<void>
}

/** A custom-format file: its blocks are where the table of contents says, or are looked for once, on first use. */
export class CustomArchive implements OpenArchive {
  readonly archive: Archive
  readonly #options: CustomArchiveOptions
  #walk: Promise<Map<number, BlockPlace>> | undefined
  #ends: Map<bigint, bigint> | undefined

  constructor(options: CustomArchiveOptions) {
    this.archive = options.parsed.archive
    this.#options = options
  }

  data(entry: Entry, options: ReadOptions = {}): AsyncGenerator<Buffer> {
    const { path } = this.#options
    return entryData(entry, entry.data && this.#bytes(entry, options), { ...options, path })
  }

  largeObjects(entry: Entry, options: ReadOptions = {}): AsyncGenerator<LargeObject> {
    return guarded(this.#objects(entry, options), { ...options, path: this.#options.path })
  }

  async storedBytes(entry: Entry): Promise<number | undefined> {
    if (entry.data?.in !== 'custom') return 0
    const { offset } = entry.data
    if (offset === undefined) return (await this.#walked({})).get(entry.dumpId)?.bytes
    return Number(this.#endOf(offset) - offset)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#options.close()
  }

  async *#bytes(entry: Entry, options: ReadOptions): AsyncGenerator<Buffer> {
    const reader = await this.#open(entry, 'data', options)
    if (reader !== undefined) yield* decompressedBlocks(this.archive.compression, reader.chunks())
  }

  async *#objects(entry: Entry, options: ReadOptions): AsyncGenerator<LargeObject> {
    const { path } = this.#options
    const reader = await this.#open(entry, 'large-objects', options)
    if (reader === undefined) return
    for (let oid = await reader.oid(); oid !== undefined; oid = await reader.oid()) {
      const bytes = decompressedBlocks(this.archive.compression, reader.chunks())
      yield { oid, data: guarded(bytes, { ...options, path }) }
      // Whoever wants only the OIDs leaves the data unread.
      await bytes.return(undefined)
      await reader.skipChunks()
    }
  }

  async #open(entry: Entry, kind: BlockHeader['kind'], options: ReadOptions): Promise<BlockReader | undefined> {
    if (entry.data?.in !== 'custom') return undefined
    const { range, parsed } = this.#options
    const at = entry.data.offset ?? (await this.#walked(options)).get(entry.dumpId)?.at
    if (at === undefined) throw damagedData(`the data of entry ${entry.dumpId} is not in it`)
    const reader = new BlockReader(range, parsed.intSize, Number(at))
    const header = await reader.header()
    if (header.dumpId !== entry.dumpId || header.kind !== kind) {
      throw damagedData(`the data of entry ${entry.dumpId} is not where it should be`)
    }
    return reader
  }

  /** A walk that failed or was interrupted is not kept. */
  #walked({ signal }: ReadOptions): Promise<Map<number, BlockPlace>> {
    const { range, parsed } = this.#options
    this.#walk ??= walkBlocks(range, parsed.intSize, { from: parsed.end, signal }).catch((error: unknown) => {
      this.#walk = undefined
      throw error
    })
    return this.#walk
  }

  /** Blocks lie one behind the other: each ends where the next one begins. */
  #endOf(offset: bigint): bigint {
    this.#ends ??= endsOf(this.archive, BigInt(this.#options.range.size))
    return this.#ends.get(offset) ?? offset
  }
}

function endsOf({ entries }: Archive, size: bigint): Map<bigint, bigint> {
  const offsets = entries.flatMap(({ data }) =>
    data?.in === 'custom' && data.offset !== undefined ? [data.offset] : [],
  )
  const sorted = offsets.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return new Map(sorted.map((offset, i) => [offset, sorted[i + 1] ?? size]))
}
