import type { Archive, Compression, Entry } from '../../archive/index.ts'
import { PgleapError } from '../../errors.ts'
import type { Files } from './files.ts'

/** How many bytes of rows one stored byte comes to, roughly: it only orders steps and says how long they may take. */
const UNPACKED: Record<Compression, number> = { none: 1, lz4: 2.5, gzip: 4, zstd: 4.5 }

const WITH_DATA: ReadonlySet<string> = new Set(['TABLE DATA', 'BLOBS'])

/**
 * About how many bytes the data of each entry comes to, by dump id: what the manifest says, else worked out from what is
 * stored. Looks for every entry's data, so that an archive with some of it missing is refused before anything is changed.
 *
 * @throws PgleapError `archive.*`
 */
export async function dataBytes({ open, manifest }: Files): Promise<Map<number, number>> {
  const known = new Map(manifest?.tables.map(({ dumpId, bytes }) => [dumpId, bytes]))
  const factor = UNPACKED[open.archive.compression]
  const found = new Map<number, number>()
  for (const entry of open.archive.entries) {
    if (!WITH_DATA.has(entry.desc) || entry.data === undefined) continue
    const stored = await open.storedBytes(entry)
    if (stored === undefined) throw missing(open.archive, entry)
    found.set(entry.dumpId, known.get(entry.dumpId) ?? Math.round(stored * factor))
  }
  return found
}

function missing({ format }: Archive, { desc, tag, namespace, data }: Entry): PgleapError {
  const where = data?.in === 'directory' ? ` (${data.file})` : ''
  return new PgleapError({
    code: 'archive.corrupt',
    message: `The ${format === 'custom' ? 'archive' : format} lacks the data${where} of ${desc === 'BLOBS' ? 'large objects' : `${namespace ?? ''}.${tag}`}.`,
    hint: 'Copy the archive again from where it was made, with all of its files, or make it again. Nothing was changed on the target.',
    party: 'usage',
  })
}
