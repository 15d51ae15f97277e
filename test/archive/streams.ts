import { PgleapError } from '../../src/errors.ts'

/** The bytes of a stream, in one. */
export async function bytesOf(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of source) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

/** A buffer as a stream of pieces of that size. */
export async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
}

/** The error of pgleap that something ends with; any other error fails the test, and so does none. */
export async function refusal(work: Promise<unknown>): Promise<PgleapError> {
  const outcome: unknown = await work.catch((error: unknown) => error)
  if (outcome instanceof PgleapError) return outcome
  throw new Error('expected a PgleapError', { cause: outcome })
}

/** What came out, or an error `archive.*` in place of it; any other error fails the test. */
export async function outcome<T>(work: Promise<T>): Promise<T | PgleapError> {
  return work.catch((error: unknown) => {
    if (error instanceof PgleapError && error.code.startsWith('archive.')) return error
    throw new Error('expected data or a PgleapError', { cause: error })
  })
}
