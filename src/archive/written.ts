import { PgleapError } from '../errors.ts'
import type { Archive, Compression, Entry, EntryData } from './entry.ts'

/** True for entries that cannot be without data: tables' rows, large objects. */
export function hasData(entry: Entry): boolean {
  return entry.hadDumper || entry.data !== undefined
}

/** Entries as the table of contents has them once their data is written; none may be left out unnoticed. */
export function withData(
  entries: readonly Entry[],
  written: ReadonlySet<number>,
  place: (entry: Entry) => EntryData,
): Entry[] {
  return entries.map((entry) => {
    if (hasData(entry) === written.has(entry.dumpId)) {
      return { ...entry, data: hasData(entry) ? place(entry) : undefined, hadDumper: hasData(entry) }
    }
    throw new PgleapError({
      code: 'internal.archive-data',
      message: `The data of ${entry.desc} ${entry.tag} was ${written.has(entry.dumpId) ? 'written, but its entry has none' : 'not written'}.`,
      hint: 'This is a bug in pgleap; please report it.',
      party: 'internal',
    })
  })
}

export const NEWEST_VERSION: Archive['version'] = { major: 1, minor: 16, revision: 0 }

/** The header names no compression before 1.15 but gzip. */
export function writtenVersion(version: Archive['version'], compression: Compression): Archive['version'] {
  const named = compression === 'lz4' || compression === 'zstd'
  return named && version.minor < 15 ? { ...version, minor: 15 } : version
}
