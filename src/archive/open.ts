import { open, stat } from 'node:fs/promises'
import { fileRange, pieces, type ByteRange } from './bytes.ts'
import { decompressed } from './compression/decompress.ts'
import type { TextMode } from './cursor.ts'
import { CustomArchive } from './custom-archive.ts'
import type { OpenArchive } from './data.ts'
import { damagedData, named, stopIfAborted } from './errors.ts'
import { DirectoryFiles, TarFiles, type Files } from './files.ts'
import { FilesArchive } from './files-archive.ts'
import { beginsAsTar, tarMembers } from './tar.ts'
import { readToc } from './toc.ts'

export interface OpenOptions {
  signal?: AbortSignal | undefined
  /** Whether names and definitions are decoded; `bytes` for what is to be written again as it is. */
  text?: TextMode
}

/** A toc.dat that was compressed by hand may not be endless. */
const LARGEST_TOC = 256 * 1024 * 1024

/**
 * Opens an archive of pg_dump 9.0 to 18: a custom-format file, a directory, a tar file. Data is read when it is asked
 * for. Throws PgleapError `archive.*`, from here or from a stream, for anything that is not sound.
 */
export async function openArchive(path: string, options: OpenOptions = {}): Promise<OpenArchive> {
  try {
    stopIfAborted(options.signal)
    const stats = await stat(path)
    if (stats.isDirectory()) return await openFiles(path, new DirectoryFiles(path), { ...options, format: 'directory' })
    // To open a named pipe would wait for ever, and its bytes cannot be read twice.
    if (!stats.isFile()) throw damagedData('it is neither a file nor a directory')
    return await openFile(path, stats.size, options)
  } catch (error) {
    throw named(path, error)
  }
}

async function openFile(path: string, size: number, options: OpenOptions): Promise<OpenArchive> {
  const handle = await open(path)
  const close = () => handle.close()
  try {
    const range = fileRange(handle, 0, size)
    if (beginsAsTar(await range.read(0, 512))) {
      const files = new TarFiles(handle, await tarMembers(range))
      return await openFiles(path, files, { ...options, format: 'tar', close })
    }
    return new CustomArchive({ path, range, parsed: await readToc(range, options.text), close })
  } catch (error) {
    await close()
    throw error
  }
}

interface OpenFilesOptions extends OpenOptions {
  format: 'directory' | 'tar'
  close?: () => Promise<void>
}

async function openFiles(path: string, files: Files, options: OpenFilesOptions): Promise<OpenArchive> {
  await using toc = await files.find('toc.dat')
  if (toc === undefined) throw damagedData('it holds no toc.dat')
  const range =
    toc.compression === 'none' ? toc.range : await inMemory(decompressed(toc.compression, pieces(toc.range)))
  const { archive } = await readToc(range, options.text)
  const close = options.close ?? (() => Promise.resolve())
  return new FilesArchive({ path, files, archive: { ...archive, format: options.format }, close })
}

async function inMemory(source: AsyncIterable<Buffer>): Promise<ByteRange> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of source) {
    chunks.push(chunk)
    size += chunk.length
    if (size > LARGEST_TOC) throw damagedData('its compressed table of contents is too large to be one')
  }
  const bytes = Buffer.concat(chunks)
  return { size, read: (at, length) => Promise.resolve(bytes.subarray(at, at + length)) }
}
