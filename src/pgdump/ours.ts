import type { Archive, Entry } from '../archive/index.ts'

/** The schemas that hold our records on a target (D3). */
const SCHEMAS = new Set(['pgleap', 'pgleap_online'])

/** Publications and subscriptions of an online migration: `pgleap_` and its eight hex digits, with what follows in a tag. */
const STREAM = /^(?:PUBLICATION |SUBSCRIPTION )?pgleap_[0-9a-f]{8}(?:_back)?(?:_truncate|_complete)?(?: |$)/

/** The archive without what pgleap itself has made on the server: that is no part of anyone's schema. */
export function withoutOurs(archive: Archive): Archive {
  return { ...archive, entries: archive.entries.filter((entry) => !isOurs(entry)) }
}

function isOurs({ desc, namespace, tag }: Entry): boolean {
  if (namespace !== undefined && SCHEMAS.has(namespace)) return true
  if (desc.startsWith('PUBLICATION') || desc === 'SUBSCRIPTION') return STREAM.test(tag)
  if (desc === 'COMMENT') return STREAM.test(tag) || SCHEMAS.has(tag.replace(/^SCHEMA /, ''))
  if (desc === 'ACL') return SCHEMAS.has(tag.replace(/^SCHEMA /, ''))
  return desc === 'SCHEMA' && SCHEMAS.has(tag)
}
