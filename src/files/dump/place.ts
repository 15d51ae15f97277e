import { readdir, rename, rm, open, lstat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileChecksum, type WrittenFile } from '../../archive/index.ts'
import { manifestPath } from '../manifest.ts'
import { exists, makeError, unfinished } from './errors.ts'
import { Journal, type EarlierDump, type FinishedTable } from './journal.ts'

/**
 * Where an archive goes. It is written under a name that does not look whole, and gets its own when it is: whoever finds the
 * name finds all of it.
 */
export class Place {
  readonly path: string
  readonly kind: 'directory' | 'file'

  constructor(path: string, kind: 'directory' | 'file') {
    this.path = path.replace(/(?<=.)\/+$/, '')
    this.kind = kind
  }

  /** Where it is written meanwhile. */
  get partial(): string {
    return `${this.path}.partial`
  }

  /** Where the manifest lies while the archive is being written, and, for a file, for good. */
  get manifest(): string {
    return manifestPath(this.kind === 'directory' ? this.partial : this.path, this.kind)
  }

  /** Where it lies in the end. */
  get finalManifest(): string {
    return manifestPath(this.path, this.kind)
  }

  /** What the dump of a directory has come to, beside it. */
  get journal(): string {
    return `${this.path}.partial.jsonl`
  }

  /**
   * What an earlier process has left here, to go on with; undefined where there is nothing.
   *
   * @throws PgleapError `archive.exists`, `dump.unfinished` (with `new`), `archive.unwritable`
   */
  async look(resume: 'resume' | 'new'): Promise<EarlierDump | undefined> {
    if (this.kind === 'file' && (await this.#names(this.manifest)) !== 'nothing') throw exists(this.manifest)
    const there = await this.#names(this.path)
    if (there !== 'nothing' && (this.kind === 'file' || there === 'a file' || there.length > 0)) throw exists(this.path)
    const partial = await this.#names(this.partial)
    if (this.kind === 'file') {
      // Nothing of a file can be kept.
      if (partial !== 'nothing' && resume === 'new') throw unfinished(this.partial)
      return undefined
    }
    if (partial === 'a file') throw exists(this.partial)
    const earlier = await Journal.read(this.journal)
    if (partial === 'nothing' || partial.length === 0) return undefined
    if (resume === 'new') throw unfinished(this.partial)
    // Without a journal nothing tells that it is ours to throw away.
    if (earlier === undefined) throw exists(this.partial)
    return earlier
  }

  /** Whether a whole archive lies here: what is unfinished has another name. */
  async isWhole(): Promise<boolean> {
    const there = await this.#names(this.path)
    return there === 'a file' || (typeof there !== 'string' && there.length > 0)
  }

  /** Whether a file of the unfinished archive is what it was when it was written. */
  async holds(file: WrittenFile): Promise<boolean> {
    const path = join(this.partial, file.path)
    try {
      if ((await lstat(path)).size !== file.bytes) return false
      return (await fileChecksum(path)) === file.sha256
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
      throw makeError(path, error)
    }
  }

  /** Removes what is left of an earlier process, but for the finished files that are named. */
  async clear(kept: readonly FinishedTable[]): Promise<void> {
    try {
      if (this.kind === 'file') {
        await rm(this.partial, { force: true })
        return
      }
      const wanted = new Set(kept.map(({ file }) => file.path))
      const there = await this.#names(this.partial)
      if (typeof there === 'string') return
      for (const name of there) {
        if (!wanted.has(name)) await rm(join(this.partial, name), { recursive: true, force: true })
      }
    } catch (error) {
      throw makeError(this.partial, error)
    }
  }

  /** Gives a directory its own name, durably; the writer of a file does so itself. */
  async finish(): Promise<void> {
    try {
      await rename(this.partial, this.path)
      await using folder = await open(dirname(this.path))
      await folder.sync()
    } catch (error) {
      throw makeError(this.path, error)
    }
  }

  async #names(path: string): Promise<string[] | 'a file' | 'nothing'> {
    try {
      const stats = await lstat(path).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        throw error
      })
      if (stats === undefined) return 'nothing'
      // A link to a directory is one, to whoever writes through it.
      return await readdir(path).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return 'a file' as const
        throw error
      })
    } catch (error) {
      throw makeError(path, error)
    }
  }
}
