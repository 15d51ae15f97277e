import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

const READ_BYTES = 1024 * 1024

/** SHA-256 of a file, in hex. One piece of memory for all of it: gigabytes of garbage take longer than the sum. */
export async function fileChecksum(path: string, signal?: AbortSignal): Promise<string> {
  await using file = await open(path)
  const hash = createHash('sha256')
  const memory = Buffer.allocUnsafeSlow(READ_BYTES)
  for (;;) {
    signal?.throwIfAborted()
    const { bytesRead } = await file.read(memory, 0, memory.length)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(memory.subarray(0, bytesRead))
  }
}
