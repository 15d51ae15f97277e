import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { loadSql } from '../sql.ts'

const replacedSql = loadSql(import.meta.url, 'replaced-tables.sql')

/** How many a message names. */
const MOST_NAMED = 5

/**
 * Proves that what was read is of the snapshot's moment. The keeper's locks see to that, but not while it is replaced, and not in
 * a snapshot that somebody else holds. `fresh` is in the snapshot and has not looked at the tables before: a session may go on
 * with what it knows of them.
 *
 * @throws PgleapError `snapshot.replaced`
 */
export async function assertNotReplaced(
  fresh: Session,
  tables: readonly { schema: string; name: string }[],
): Promise<void> {
  const replaced = await fresh.query<{ schema: string; name: string }>(replacedSql, [
    tables.map(({ schema }) => schema),
    tables.map(({ name }) => name),
  ])
  if (replaced.length === 0) return
  const named = replaced.slice(0, MOST_NAMED).map(({ schema, name }) => `${schema}.${name}`)
  const more = replaced.length > MOST_NAMED ? ` and ${String(replaced.length - MOST_NAMED)} more` : ''
  throw new PgleapError({
    code: 'snapshot.replaced',
    message: `After the moment that is read, and while no session of this run held them, tables were truncated, rewritten or replaced: ${named.join(', ')}${more}.`,
    hint: 'What they held then cannot be read any more: begin anew (a dump without --snapshot).',
    party: 'source',
  })
}
