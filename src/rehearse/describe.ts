import type { Entry } from '../archive/index.ts'

/** `view public.totals`: an entry's kind and name, for people. */
export function describe(entry: Entry): string {
  const schema = entry.namespace === undefined ? '' : `${entry.namespace}.`
  return `${entry.desc.toLowerCase()} ${schema}${entry.tag}`
}

/**
 * The names under which a check may speak of an entry's object: of itself, and of the table that it belongs to, whose name
 * pg_dump puts first in the tag (`orders orders_pkey`).
 */
export function namesOf(entry: Entry): string[] {
  if (entry.namespace === undefined) return [entry.tag]
  const words = entry.tag.split(' ')
  const own = `${entry.namespace}.${entry.tag}`
  if (!OF_A_TABLE.has(entry.desc) || words.length < 2) return [own]
  return [`${entry.namespace}.${words.join('.')}`, own, `${entry.namespace}.${words[0] ?? ''}`]
}

const OF_A_TABLE = new Set([
  'CONSTRAINT',
  'FK CONSTRAINT',
  'CHECK CONSTRAINT',
  'DEFAULT',
  'TRIGGER',
  'RULE',
  'POLICY',
  'ROW SECURITY',
])
