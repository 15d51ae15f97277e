import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { open, rm, stat, type FileHandle } from 'node:fs/promises'
import type { WrittenFile } from './data.ts'
import { unwritable } from './errors.ts'

/** A file that is being written from its start to its end, with its checksum. */
export class OutputFile {
  readonly #path: string
  readonly #name: string
  readonly #handle: FileHandle
  readonly #made: Pick<Stats, 'ino' | 'dev'>
  readonly #hash = createHash('sha256')
  #bytes = 0

  private constructor({ path, name }: { path: string; name: string }, handle: FileHandle, made: Stats) {
    this.#path = path
    this.#name = name
    this.#handle = handle
    this.#made = made
  }

  /** Refuses to overwrite: what is there was not asked to be replaced. `name` is what the result calls it. */
  static async create(path: string, name: string): Promise<OutputFile> {
    try {
      const handle = await open(path, 'wx')
      return new OutputFile({ path, name }, handle, await handle.stat())
    } catch (error) {
      throw unwritable(path, error)
    }
  }

  get bytes(): number {
    return this.#bytes
  }

  async write(chunk: Uint8Array): Promise<void> {
    try {
      this.#hash.update(chunk)
      for (let done = 0; done < chunk.length;) {
        const { bytesWritten } = await this.#handle.write(chunk, done, chunk.length - done, this.#bytes + done)
        done += bytesWritten
      }
      this.#bytes += chunk.length
    } catch (error) {
      throw unwritable(this.#path, error)
    }
  }

  /** Refuses where the name no longer leads here: somebody else, who began the same anew, would be taken for what was written. */
  async close(): Promise<WrittenFile> {
    try {
      const isOwn = await this.#isOwn()
      await this.#handle.close()
      if (!isOwn) throw new Error('another process has removed or replaced it')
    } catch (error) {
      throw unwritable(this.#path, error)
    }
    return { path: this.#name, bytes: this.#bytes, sha256: this.#hash.digest('hex') }
  }

  async abandon(): Promise<void> {
    const isOwn = await this.#isOwn()
    await this.#handle.close()
    if (isOwn) await rm(this.#path, { force: true })
  }

  async #isOwn(): Promise<boolean> {
    const there = await stat(this.#path).catch(() => undefined)
    return there?.ino === this.#made.ino && there.dev === this.#made.dev
  }
}

/** Syncs at once: each takes a thread of those that compress and read, too. */
const SYNCS = 2

/**
 * Makes files, and the names in a folder, outlive a crash of the machine. Last of all, as pg_dump does it: by then the
 * system has written most of it out by itself.
 */
export async function makeDurable(paths: readonly string[], folder: string): Promise<void> {
  const left = [...paths]
  const work = async () => {
    for (let path = left.pop(); path !== undefined; path = left.pop()) await sync(path)
  }
  await Promise.all(Array.from({ length: SYNCS }, work))
  await sync(folder)
}

async function sync(path: string): Promise<void> {
  try {
    const handle = await open(path)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw unwritable(path, error)
  }
}
