import { entrySql, type Archive, type Entry, type EntrySqlOptions } from '../archive/index.ts'

/** One object that only the active side has, and what makes it on the other. */
export interface AddedObject {
  what: string
  sql: string[]
  /** `early`: before the stream brings rows of new tables. `late`: it needs the rows that were written before it was made. */
  when: 'early' | 'late'
}

/** Kinds that hold only for rows that are there, or are quicker with them. */
const OVER_ROWS: readonly string[] = ['CONSTRAINT', 'CHECK CONSTRAINT', 'INDEX', 'STATISTICS']

/**
 * Pure: what the active side's archive has and the other's has not, in an order in which it can be made. `isLeftOut` says of
 * which entries something else takes care.
 */
export function addedObjects(
  active: Archive,
  passive: Archive,
  options: EntrySqlOptions,
  isLeftOut: (entry: Entry) => boolean,
): AddedObject[] {
  const known = new Set(passive.entries.map(keyOf))
  const added = active.entries.filter((entry) => !known.has(keyOf(entry)) && !isLeftOut(entry))
  const newTables = new Set(added.filter(({ desc }) => desc === 'TABLE').map(({ dumpId }) => dumpId))
  const rank = (entry: Entry): number => {
    const isOfNewTable = entry.dependencies.some((id) => newTables.has(id))
    if (entry.desc === 'FK CONSTRAINT') return LATE
    // A partition is attached with its indexes: its parent, which has some already, would make others for it.
    if (entry.desc === 'TABLE ATTACH') return 2
    if (OVER_ROWS.includes(entry.desc)) return isOfNewTable ? 1 : LATE
    return entry.section === 'post-data' || entry.desc === 'ACL' ? LATE : 0
  }
  return added
    .map((entry) => ({ entry, rank: rank(entry), sql: entrySql(entry, options) }))
    .filter(({ sql }) => sql.length > 0)
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ entry, rank: at, sql }) => ({ what: describe(entry), sql, when: at === LATE ? 'late' : 'early' }))
}

const LATE = 3

function keyOf({ desc, namespace, tag }: Entry): string {
  return JSON.stringify([desc, namespace, tag])
}

function describe({ desc, namespace, tag }: Entry): string {
  return `${desc.toLowerCase()} ${namespace === undefined ? '' : `${namespace}.`}${tag}`
}
