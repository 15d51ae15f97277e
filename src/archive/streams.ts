import { ahead } from './bytes.ts'
import { dataForm, type ReadOptions } from './data.ts'
import type { Entry } from './entry.ts'
import { named, stopIfAborted } from './errors.ts'
import { unreachable } from '../errors.ts'
import { withoutBinaryFrame } from './binary-rows.ts'
import { withEnding, withoutEndMarker } from './rows.ts'

export interface Origin extends ReadOptions {
  /** The archive's, for errors. */
  path: string
}

/** What a reader of an entry gets of its decompressed bytes; nothing, where the entry has none. */
export function entryData(
  entry: Entry,
  bytes: AsyncIterable<Buffer> | undefined,
  origin: Origin,
): AsyncGenerator<Buffer> {
  if (bytes === undefined) return guarded(nothing(), origin)
  return guarded(ahead(wholeData(entry, bytes)), origin)
}

/** Each form has an end of its own, by which it is known to be all there. */
function wholeData(entry: Entry, bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  if (entry.desc !== 'TABLE DATA') return bytes
  const form = dataForm(entry)
  switch (form) {
    case 'text':
      return withoutEndMarker(bytes)
    case 'binary':
      return withoutBinaryFrame(bytes)
    case 'inserts':
      return withEnding(bytes)
    default:
      return unreachable(form)
  }
}

/** Ends when the signal fires, and names the archive in what is thrown. */
export async function* guarded<T>(source: AsyncIterable<T>, { path, signal }: Origin): AsyncGenerator<T> {
  try {
    for await (const item of source) {
      stopIfAborted(signal)
      yield item
    }
  } catch (error) {
    throw named(path, error)
  }
}

async function* nothing(): AsyncGenerator<Buffer> {
  // An entry without data.
}
