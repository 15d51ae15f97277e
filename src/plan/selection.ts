import type { Archive, Entry } from '../archive/index.ts'
import { PgleapError } from '../errors.ts'
import { childrenByParent } from './families.ts'
import { compilePattern, matches, type Pattern } from './patterns.ts'

export interface Filters {
  include: readonly string[]
  exclude: readonly string[]
  excludeData: readonly string[]
}

export interface Selection {
  /** Entries to restore, in the archive's order. */
  entries: Entry[]
  /** Entries that were left out only because something that they need was: for a notice. */
  leftOut: Entry[]
  /** Catalog OIDs of tables that are restored without their rows. */
  withoutData: Set<number>
}

/** Kinds that a table pattern may name, as pg_dump's --table does. */
const RELATIONS = new Set(['TABLE', 'FOREIGN TABLE', 'VIEW', 'MATERIALIZED VIEW', 'SEQUENCE'])

/**
 * Chooses the entries that a run restores. Partitions and inheriting tables follow their parent, owned sequences their
 * table, and whatever depends on an entry that is left out is left out too (and listed in `leftOut`).
 * Types, functions, schemas and extensions stay: included tables may need them.
 *
 * @throws PgleapError `filter.unmatched` where a pattern matches nothing: a silent typo would lose a table.
 */
export function selectEntries(archive: Archive, filters: Filters): Selection {
  const relations = archive.entries.filter((entry) => RELATIONS.has(entry.desc))
  const families = childrenByParent(archive)
  const include = matchAll(filters.include, relations, families)
  const exclude = matchAll(filters.exclude, relations, families)
  const noData = matchAll(filters.excludeData, relations, families)

  const unwanted = new Set<number>()
  for (const entry of relations) {
    const wanted = filters.include.length === 0 || include.has(entry.dumpId)
    if (!wanted || exclude.has(entry.dumpId)) unwanted.add(entry.dumpId)
  }
  // An owned sequence goes where its table goes, unless a pattern names it.
  for (const { owner, owned } of ownedSequences(archive)) {
    if (filters.include.length > 0 && include.has(owner) && !exclude.has(owned)) unwanted.delete(owned)
    if (unwanted.has(owner) && !include.has(owned)) unwanted.add(owned)
  }

  const gone = new Set(unwanted)
  const leftOut: Entry[] = []
  for (const entry of inDependencyOrder(archive)) {
    if (gone.has(entry.dumpId) || !entry.dependencies.some((id) => gone.has(id))) continue
    gone.add(entry.dumpId)
    if (!isAttachedTo(entry, unwanted)) leftOut.push(entry)
  }
  return {
    entries: archive.entries.filter((entry) => !gone.has(entry.dumpId)),
    leftOut,
    withoutData: new Set(relations.filter((entry) => noData.has(entry.dumpId)).map((entry) => entry.catalogOid.object)),
  }
}

/**
 * Whether rows are copied of a table with these names: its own, and those of the tables that it is a part of. For
 * questions that come before the archive; patterns that match nothing are not noticed here.
 */
export function rowsAreWanted(names: readonly { schema: string; name: string }[], filters: Filters): boolean {
  const isNamed = (texts: readonly string[]) =>
    texts.map(compilePattern).some((pattern) => names.some(({ schema, name }) => matches(pattern, schema, name)))
  const isIncluded = filters.include.length === 0 || isNamed(filters.include)
  return isIncluded && !isNamed(filters.exclude) && !isNamed(filters.excludeData)
}

/** Index, trigger, grant ... of a table that was left out by request: nobody needs to be told of those. */
function isAttachedTo(entry: Entry, unwanted: ReadonlySet<number>): boolean {
  const standsAlone = new Set([
    'VIEW',
    'MATERIALIZED VIEW',
    'FUNCTION',
    'PROCEDURE',
    'AGGREGATE',
    'FK CONSTRAINT',
    'TABLE',
  ])
  return !standsAlone.has(entry.desc) && entry.dependencies.some((id) => unwanted.has(id))
}

function matchAll(texts: readonly string[], relations: readonly Entry[], families: Map<number, number[]>): Set<number> {
  const found = new Set<number>()
  for (const pattern of texts.map(compilePattern)) {
    const hits = relations.filter((entry) => matches(pattern, entry.namespace ?? '', entry.tag))
    if (hits.length === 0) throw unmatched(pattern)
    for (const hit of hits) addFamily(hit.dumpId, families, found)
  }
  return found
}

function addFamily(id: number, families: Map<number, number[]>, into: Set<number>): void {
  if (into.has(id)) return
  into.add(id)
  for (const child of families.get(id) ?? []) addFamily(child, families, into)
}

/** Sequences of columns, with their tables, by dump id. */
export function ownedSequences(archive: Archive): { owner: number; owned: number }[] {
  const kinds = new Map(archive.entries.map((entry) => [entry.dumpId, entry.desc]))
  return archive.entries.flatMap((entry) => {
    if (entry.desc === 'SEQUENCE OWNED BY') {
      const owned = entry.dependencies.find((id) => kinds.get(id) === 'SEQUENCE')
      const owner = entry.dependencies.find((id) => kinds.get(id) === 'TABLE' || kinds.get(id) === 'FOREIGN TABLE')
      return owned === undefined || owner === undefined ? [] : [{ owner, owned }]
    }
    // The sequence of an identity column depends on its table.
    if (entry.desc === 'SEQUENCE') {
      const owner = entry.dependencies.find((id) => kinds.get(id) === 'TABLE')
      return owner === undefined ? [] : [{ owner, owned: entry.dumpId }]
    }
    return []
  })
}

/** Every entry after those that it depends on; the archive's own order but where an entry points ahead. */
function inDependencyOrder(archive: Archive): Entry[] {
  const byId = new Map(archive.entries.map((entry) => [entry.dumpId, entry]))
  const seen = new Set<number>()
  const ordered: Entry[] = []
  for (const root of archive.entries) {
    // An explicit stack: chains of ten thousand entries (comments on views on views ...) must not overflow ours.
    const stack: { entry: Entry; next: number }[] = []
    const enter = (entry: Entry) => {
      if (seen.has(entry.dumpId)) return
      seen.add(entry.dumpId)
      stack.push({ entry, next: 0 })
    }
    enter(root)
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const id = top.entry.dependencies[top.next]
      top.next += 1
      if (id === undefined) {
        ordered.push(top.entry)
        stack.pop()
      } else {
        const needed = byId.get(id)
        if (needed !== undefined) enter(needed)
      }
    }
  }
  return ordered
}

function unmatched(pattern: Pattern): PgleapError {
  return new PgleapError({
    code: 'filter.unmatched',
    message: `The pattern "${pattern.text}" matches no table, view or sequence of the source.`,
    hint: 'Names fold to lower case unless double-quoted; write schema.name to look into one schema.',
    party: 'usage',
  })
}
