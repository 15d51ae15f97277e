import type { Archive, Entry } from '../archive/index.ts'
import { withPlainTags } from './plain-tags.ts'

/** Kinds whose DROP statement is words in capitals and names; what follows a parenthesis may be types. */
const NAMED: ReadonlySet<string> = new Set([
  'CONSTRAINT',
  'DOMAIN',
  'EXTENSION',
  'FUNCTION',
  'INDEX',
  'MATERIALIZED VIEW',
  'SCHEMA',
  'SEQUENCE',
  'TABLE',
  'TYPE',
  'VIEW',
])

const IN_QUOTES = /"(?:[^"]|"")*"/gu
const PLAIN_IN_QUOTES = /"[a-z_][a-z0-9_]*"/u

/** Types and access methods that no server quotes by itself: for databases all of whose own names need quotes. */
const NEVER_NEEDED = /"(?:btree|bytea|date|jsonb|name|text|uuid)"/u

/**
 * How names are written in an archive that anybody has made: those alone that need quotes, or all (pg_dump's --quote-all-identifiers). What
 * is compared with it has to be dumped alike. Where nothing tells, both are the same.
 */
export function quotingOf({ entries }: Pick<Archive, 'entries'>): 'needed' | 'all' {
  // Of schema public it is a remark.
  const named = entries.filter(({ desc, dropStmt }) => NAMED.has(desc) && !dropStmt.startsWith('--'))
  return !named.some(isBare) && (named.some(isForced) || entries.some(isGrantOnPublic)) ? 'all' : 'needed'
}

/** All that there may be where a database has nothing but large objects. */
function isGrantOnPublic({ desc, defn }: Entry): boolean {
  return desc === 'ACL' && / ON SCHEMA "public" /u.test(defn)
}

function isBare({ dropStmt }: Entry): boolean {
  return /[a-z_]/u.test(dropStmt.replaceAll(IN_QUOTES, '').replace(/\(.*$/su, ''))
}

function isForced({ dropStmt, defn }: Entry): boolean {
  return PLAIN_IN_QUOTES.test(dropStmt) || NEVER_NEEDED.test(defn)
}

/**
 * The archive of a pg_dump that quotes every name, with the entries that it would have without that, and with their tags. What differs
 * is a comment: pg_dump leaves out the one that schema public is born with, but compares the name after it has quoted it (dumpNamespace
 * of pg_dump.c), and only the schema's owner may restore that.
 */
export function withUsualEntries(archive: Archive): Archive {
  const { entries, ...rest } = withPlainTags(archive)
  return { ...rest, entries: entries.filter((entry) => !isBornWith(entry)) }
}

function isBornWith({ desc, tag, defn }: Entry): boolean {
  return desc === 'COMMENT' && tag === 'SCHEMA public' && defn.includes(` IS 'standard public schema';`)
}
