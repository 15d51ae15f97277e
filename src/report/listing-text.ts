import { formatBytes } from '../units.ts'
import type { ArchiveListing, ListedEntry } from './listing.ts'
import { columns, fields, oneLine, paragraphs, plural, type Style } from './text.ts'

/** An archive's table of contents for people: what it is, then an entry a line in the archive's order. */
export function listingText(listing: ArchiveListing, style: Style): string {
  const { path, entries } = listing
  return paragraphs([
    [`${style('strong', oneLine(path))}: ${plural(entries.length, 'entry', 'entries')}`],
    facts(listing, style),
    table(entries),
  ])
}

function facts(listing: ArchiveListing, style: Style): string[] {
  const { format, version, compression, database, serverVersion, pgDumpVersion, storedBytes } = listing
  return fields(
    [
      ['database', oneLine(database)],
      ['made', `${listing.createdAt.replace('T', ' ')} by pg_dump ${oneLine(pgDumpVersion)}`],
      ['server', oneLine(serverVersion)],
      ['format', `${format} ${version}, compression ${compression}, encoding ${oneLine(listing.encoding)}`],
      ['data', storedBytes === null ? 'of unknown size' : formatBytes(storedBytes)],
    ],
    style,
  )
}

function table(entries: readonly ListedEntry[]): string[] {
  if (entries.length === 0) return []
  const rows = entries.map((entry) => [
    String(entry.dumpId),
    oneLine(entry.kind),
    oneLine(entry.schema ?? '-'),
    oneLine(entry.name),
    oneLine(entry.owner ?? '-'),
    size(entry),
  ])
  return columns(
    [['id', 'kind', 'schema', 'name', 'owner', 'size'], ...rows],
    ['right', 'left', 'left', 'left', 'left', 'right'],
  )
}

function size({ storedBytes }: ListedEntry): string {
  if (storedBytes === null) return '?'
  return storedBytes === 0 ? '' : formatBytes(storedBytes)
}
