import { decoderOf } from '../../archive/index.ts'
import { PgleapError } from '../../errors.ts'

/** How to read names in a script of that encoding: what cannot be read gives replacement characters, and never fails. */
export function decodeNames(encoding: string): (bytes: Buffer) => string {
  if (encoding === 'UTF8') return asUtf8
  try {
    const decode = decoderOf(encoding)
    return (bytes) => decode(bytes) ?? asUtf8(bytes)
  } catch (error) {
    // The server will say what is wrong with the encoding's name.
    if (error instanceof PgleapError) return asUtf8
    throw error
  }
}

function asUtf8(bytes: Buffer): string {
  return bytes.toString('utf8')
}
