import { archiveSettings, openArchive, type OpenArchive } from '../archive/index.ts'
import type { ArchiveListing, ListedEntry } from '../report/index.ts'

export interface ListOptions {
  /** A custom-format or tar file, or a directory. */
  from: string
  signal?: AbortSignal | undefined
}

/**
 * The table of contents of an archive of pg_dump or pgleap, with the sizes of its data. Data is not read, but for that of
 * a custom file that was made through a pipe, which has to be walked. Throws PgleapError `archive.*`.
 */
export async function list({ from, signal }: ListOptions): Promise<ArchiveListing> {
  await using opened = await openArchive(from, { signal })
  const { archive } = opened
  const entries = await listed(opened)
  const { major, minor } = archive.version
  return {
    path: from,
    format: archive.format,
    version: `${major}.${minor}`,
    compression: archive.compression,
    createdAt: localTime(archive.createdAt),
    database: archive.database,
    serverVersion: archive.serverVersion,
    pgDumpVersion: archive.pgDumpVersion,
    encoding: archiveSettings(archive).clientEncoding,
    storedBytes: entries.reduce<number | null>(
      (sum, { storedBytes }) => (sum === null || storedBytes === null ? null : sum + storedBytes),
      0,
    ),
    entries,
  }
}

async function listed(opened: OpenArchive): Promise<ListedEntry[]> {
  const entries: ListedEntry[] = []
  for (const entry of opened.archive.entries) {
    entries.push({
      dumpId: entry.dumpId,
      kind: entry.desc,
      section: entry.section,
      schema: entry.namespace ?? null,
      name: entry.tag,
      owner: entry.owner ?? null,
      tablespace: entry.tablespace ?? null,
      storedBytes: (await opened.storedBytes(entry)) ?? null,
      dependencies: entry.dependencies,
    })
  }
  return entries
}

function localTime(date: Date): string {
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${day}T${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
