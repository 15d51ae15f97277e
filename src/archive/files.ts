import { open, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { fileRange, type ByteRange } from './bytes.ts'
import { COMPRESSIONS, SUFFIXES } from './compression/kinds.ts'
import type { Compression } from './entry.ts'
import { damagedData } from './errors.ts'
import type { TarMember } from './tar.ts'

/** A data file of an archive, open until it is disposed of. */
export interface StoredFile extends AsyncDisposable {
  range: ByteRange
  compression: Compression
}

/** The files of a directory, or the members of a tar file. */
export interface Files {
  /** Opens a file by its name without the suffix of its compression; undefined where there is none. */
  find(name: string): Promise<StoredFile | undefined>
  size(name: string): Promise<number | undefined>
}

/** Names were checked when they were read: none leads out of the directory. */
export class DirectoryFiles implements Files {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  async find(name: string): Promise<StoredFile | undefined> {
    const found = await this.#locate(name)
    if (found === undefined) return undefined
    const handle = await open(found.path)
    return {
      range: fileRange(handle, 0, found.size),
      compression: found.compression,
      [Symbol.asyncDispose]: () => handle.close(),
    }
  }

  async size(name: string): Promise<number | undefined> {
    return (await this.#locate(name))?.size
  }

  /** The same order as pg_dump's InitDiscoverCompressFileHandle: as it is, then by suffix. */
  async #locate(name: string): Promise<{ path: string; compression: Compression; size: number } | undefined> {
    for (const compression of COMPRESSIONS) {
      const path = join(this.#path, name + SUFFIXES[compression])
      const stats = await stat(path).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        throw error
      })
      if (stats === undefined) continue
      // To open a named pipe would wait for ever.
      if (!stats.isFile()) throw damagedData(`${name} is not a file`)
      return { path, compression, size: stats.size }
    }
    return undefined
  }
}

/** A tar file is never compressed inside by pg_dump, but may be one of a compressed directory. */
export class TarFiles implements Files {
  readonly #handle: FileHandle
  readonly #members: ReadonlyMap<string, TarMember>

  constructor(handle: FileHandle, members: ReadonlyMap<string, TarMember>) {
    this.#handle = handle
    this.#members = members
  }

  find(name: string): Promise<StoredFile | undefined> {
    const found = this.#locate(name)
    if (found === undefined) return Promise.resolve(undefined)
    const { compression, member } = found
    return Promise.resolve({
      range: fileRange(this.#handle, member.at, member.size),
      compression,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    })
  }

  size(name: string): Promise<number | undefined> {
    return Promise.resolve(this.#locate(name)?.member.size)
  }

  #locate(name: string): { compression: Compression; member: TarMember } | undefined {
    for (const compression of COMPRESSIONS) {
      const member = this.#members.get(name + SUFFIXES[compression])
      if (member !== undefined) return { compression, member }
    }
    return undefined
  }
}
