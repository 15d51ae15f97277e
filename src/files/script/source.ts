import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Compression, decompressor } from '../../archive/index.ts'
import { PgleapError } from '../../errors.ts'

/** A script that can be read more than once. */
export interface ScriptSource extends AsyncDisposable {
  /** As the user named it; undefined for a stream. */
  readonly path: string | undefined
  /** Its bytes from that offset on, unpacked. Throws `script.read` where it cannot be read or is damaged. */
  read(from?: number): AsyncIterable<Buffer>
}

const CHUNK_BYTES = 256 * 1024

/**
 * Opens a script: a file, plain or compressed (gzip, zstd, lz4), whatever its name is, or a stream, which is kept in a private file of the system's
 * folder for temporary files until the source is disposed, since a script is looked through before any of it is run.
 *
 * @throws PgleapError `script.read`, `script.not-sql`, `script.encoding`
 */
export async function openSource(script: string | Readable, signal: AbortSignal | undefined): Promise<ScriptSource> {
  if (typeof script === 'string') return sourceOf(script, script, async () => {})
  const folder = await mkdtemp(join(tmpdir(), 'pgleap-script-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  const path = join(folder, 'script')
  try {
    await pipeline(script, createWriteStream(path, { mode: 0o600 }), { signal })
    return await sourceOf(path, undefined, remove)
  } catch (error) {
    await remove()
    if (signal?.aborted === true || error instanceof PgleapError) throw error
    throw unreadable('what was piped in', error)
  }
}

async function sourceOf(path: string, shown: string | undefined, dispose: () => Promise<void>): Promise<ScriptSource> {
  const name = shown ?? 'what was piped in'
  const form = formOf(await firstBytes(path, name), name)
  return {
    path: shown,
    read: (from = 0) => (form === 'none' ? plain(path, name, from) : unpacked({ path, name, from, form })),
    [Symbol.asyncDispose]: dispose,
  }
}

async function firstBytes(path: string, name: string): Promise<Buffer> {
  let file
  try {
    file = await open(path, 'r')
    const { bytesRead, buffer } = await file.read(Buffer.alloc(8), 0, 8, 0)
    return buffer.subarray(0, bytesRead)
  } catch (error) {
    throw unreadable(name, error)
  } finally {
    await file?.close()
  }
}

/** How known files that are no scripts begin. */
const OTHERS: readonly (readonly [magic: string, what: string, hint: string])[] = [
  ['PGDMP', "an archive in pg_dump's custom format", 'Restore it as an archive.'],
  ['BZh', 'compressed with bzip2', 'Unpack it first: bzip2 -dc FILE | pgleap restore - TARGET'],
  ['\xfd7zXZ', 'compressed with xz', 'Unpack it first: xz -dc FILE | pgleap restore - TARGET'],
  ['PK\x03\x04', 'a zip file', 'Unpack it first.'],
]

/** How compressed files begin. */
const COMPRESSED: readonly (readonly [magic: string, kind: Compression])[] = [
  ['\x1f\x8b', 'gzip'],
  ['\x28\xb5\x2f\xfd', 'zstd'],
  ['\x04\x22\x4d\x18', 'lz4'],
]

function formOf(bytes: Buffer, name: string): Compression {
  const beginning = bytes.toString('latin1')
  const compressed = COMPRESSED.find(([magic]) => beginning.startsWith(magic))
  if (compressed !== undefined) return compressed[1]
  if (beginning.startsWith('\xff\xfe') || beginning.startsWith('\xfe\xff')) {
    throw new PgleapError({
      code: 'script.encoding',
      message: `The script (${name}) is in UTF-16, as PowerShell's > writes files.`,
      hint: 'Let pg_dump write the file itself (-f FILE), or convert it: iconv -f UTF-16 -t UTF-8.',
      party: 'usage',
    })
  }
  const other = OTHERS.find(([magic]) => beginning.startsWith(magic))
  if (other === undefined) return 'none'
  throw new PgleapError({
    code: 'script.not-sql',
    message: `This is no SQL script but ${other[1]}: ${name}.`,
    hint: other[2],
    party: 'usage',
  })
}

async function* plain(path: string, name: string, from: number): AsyncGenerator<Buffer, void, void> {
  const file = createReadStream(path, { start: from, highWaterMark: CHUNK_BYTES })
  try {
    for await (const chunk of file) yield bufferOf(chunk)
  } catch (error) {
    throw unreadable(name, error)
  } finally {
    file.destroy()
  }
}

interface Packed {
  path: string
  name: string
  from: number
  form: Compression
}

async function* unpacked({ path, name, from, form }: Packed): AsyncGenerator<Buffer, void, void> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  const content = decompressor(form)
  // What goes wrong comes out of the iteration below.
  const pumping = pipeline(file, content).catch(() => {})
  let skip = from
  try {
    for await (const chunk of content) {
      const bytes = bufferOf(chunk)
      if (bytes.length > skip) yield bytes.subarray(skip)
      skip = Math.max(0, skip - bytes.length)
    }
  } catch (error) {
    throw unreadable(name, error)
  } finally {
    file.destroy()
    content.destroy()
    await pumping
  }
}

function bufferOf(chunk: unknown): Buffer {
  if (chunk instanceof Buffer) return chunk
  throw new PgleapError({
    code: 'internal.unexpected',
    message: 'A file gave something else than bytes.',
    party: 'internal',
  })
}

function unreadable(name: string, cause: unknown): PgleapError {
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
  return new PgleapError({
    code: 'script.read',
    message: `The script cannot be read${code}: ${name}.`,
    hint: 'Check that it is there, whole, and yours to read; a compressed file may be damaged or cut.',
    party: 'usage',
    cause,
  })
}
