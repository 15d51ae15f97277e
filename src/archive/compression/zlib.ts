import type { Transform } from 'node:stream'
import { createGunzip, createInflate } from 'node:zlib'
import { drained } from './drained.ts'
import { damagedData } from '../errors.ts'

const OPTIONS = { chunkSize: 256 * 1024 }

/** Any number of gzip members one after the other. Their checksums and lengths are checked by zlib. */
export function gunzipped(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  return through(source, createGunzip(OPTIONS))
}

/** One zlib stream, as a custom file holds it. */
export function inflated(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  return through(source, createInflate(OPTIONS))
}

/** Node's zlib works in its thread pool; a stream, so that no chunk's size matters. */
async function* through(
  source: AsyncIterable<Buffer>,
  transform: Transform & { bytesWritten: number },
): AsyncGenerator<Buffer> {
  let fed = 0
  const feed = async () => {
    try {
      for await (const chunk of source) {
        fed += chunk.length
        if (!transform.write(chunk)) await drained(transform)
        if (transform.destroyed) return
      }
      transform.end()
    } catch (error) {
      transform.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }
  const feeding = feed()
  try {
    const chunks: AsyncIterable<Buffer> = transform
    yield* chunks
    // zlib stops at what does not look like another member, and says nothing.
    if (transform.bytesWritten < fed) throw damagedData('there is something behind the end of its compressed data')
  } catch (error) {
    throw isZlibError(error) ? damagedData(`its compressed data cannot be read (${error.code})`, error) : error
  } finally {
    transform.destroy()
    await feeding
  }
}

function isZlibError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')
}
