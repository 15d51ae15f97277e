import { createHash } from 'node:crypto'
import { open, rename } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { PgleapError } from '../errors.ts'
import { drained } from './compression/drained.ts'
import type { WrittenFile } from './data.ts'
import { unwritable } from './errors.ts'
import { fileChecksum } from './file-checksum.ts'
import { makeDurable, OutputFile } from './output.ts'

/** Where an archive of one file goes. */
export interface Output {
  readonly position: number
  write(bytes: Uint8Array): Promise<void>
  /** `start` replaces the first bytes, where there is a way back to them. */
  finish(start?: Buffer): Promise<WrittenFile>
  abandon(): Promise<void>
}

/** Written under another name, which it loses when it is whole. */
async function fileOutput(path: string): Promise<Output> {
  const partial = `${path}.partial`
  await assertAbsent(path)
  const file = await OutputFile.create(partial, basename(path))
  return {
    get position() {
      return file.bytes
    },
    write: (bytes) => file.write(bytes),
    abandon: () => file.abandon(),
    async finish(start) {
      const written = await file.close()
      try {
        if (start !== undefined) await replaceStart(partial, start)
        await makeDurable([partial], dirname(path))
        await rename(partial, path)
        await makeDurable([], dirname(path))
        return start === undefined ? written : { ...written, sha256: await fileChecksum(path) }
      } catch (error) {
        throw error instanceof PgleapError ? error : unwritable(path, error)
      }
    },
  }
}

async function replaceStart(path: string, start: Buffer): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    await handle.write(start, 0, start.length, 0)
  } finally {
    await handle.close()
  }
}

/** A pipe: positions stay unknown, and readers look for the data. The stream is its owner's to end. */
function streamOutput(out: Writable): Output {
  const hash = createHash('sha256')
  let position = 0
  let failure: unknown
  out.on('error', (error) => {
    failure ??= error
  })
  const check = () => {
    if (failure === undefined && out.destroyed) failure = out.errored ?? new Error('it was closed')
    if (failure !== undefined) throw unwritable('The output', failure)
  }
  return {
    get position() {
      return position
    },
    async write(bytes) {
      check()
      hash.update(bytes)
      position += bytes.length
      if (!out.write(bytes)) await drained(out)
      check()
    },
    async finish() {
      // Answered once all that went before is through.
      await new Promise<void>((resolve) => out.write('', () => resolve()))
      check()
      return { path: '-', bytes: position, sha256: hash.digest('hex') }
    },
    abandon: () => Promise.resolve(),
  }
}

/** A file of that name, or a stream. */
export function outputTo(out: string | Writable): Promise<Output> {
  return typeof out === 'string' ? fileOutput(out) : Promise.resolve(streamOutput(out))
}

/** The name is taken at the end: what is there by then was there before, or is somebody else's. */
async function assertAbsent(path: string): Promise<void> {
  const handle = await open(path).catch(() => undefined)
  if (handle === undefined) return
  await handle.close()
  throw new PgleapError({
    code: 'archive.exists',
    message: `${path} is there already.`,
    hint: 'Name a file that is not there yet; nothing is overwritten.',
    party: 'usage',
  })
}
