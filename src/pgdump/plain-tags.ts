import type { Archive } from '../archive/index.ts'

/** Kinds whose tags pg_dump makes of names and types as SQL writes them; the tag of any other is the bare name. */
const COMPOSED: ReadonlySet<string> = new Set([
  'ACL',
  'AGGREGATE',
  'CAST',
  'COMMENT',
  'FUNCTION',
  'PROCEDURE',
  'SECURITY LABEL',
  'TRANSFORM',
])

const IN_QUOTES = /"(?:[^"]|"")*"/gu

/** A name that only stands in quotes because every one does, or as a keyword. */
const PLAIN_IN_QUOTES = /^"[a-z_][a-z0-9_]*"$/u

/**
 * The archive of a pg_dump that quotes every name, with tags as without that: `TABLE orders`, `parse(json)`. They are for people and for
 * telling entries apart; no SQL is made of them.
 */
export function withPlainTags(archive: Archive): Archive {
  const entries = archive.entries.map((entry) =>
    COMPOSED.has(entry.desc) ? { ...entry, tag: entry.tag.replaceAll(IN_QUOTES, bare) } : entry,
  )
  return { ...archive, entries }
}

function bare(name: string): string {
  return PLAIN_IN_QUOTES.test(name) ? name.slice(1, -1) : name
}
