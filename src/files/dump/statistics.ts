import type { Archive, Entry } from '../../archive/index.ts'

/**
 * Puts the planner's statistics, which a pg_dump of their own has read, where one pg_dump of everything has them: those of
 * tables after all data, those of indexes and of refreshed materialized views at the end of post-data. Their dump ids are of another run
 * of pg_dump, so what they depend on is found by name. Statistics of what the archive does not have are left out.
 */
export function placeStatistics(archive: Archive, statistics: Archive, nextId: () => number): Archive {
  const made = relations(archive.entries)
  const placed = statistics.entries.flatMap((entry) => {
    const about = entry.desc === 'STATISTICS DATA' ? made.get(`${entry.namespace ?? ''}.${entry.tag}`) : undefined
    if (about === undefined) return []
    const section = about.refreshed === 'yes' ? 'post-data' : entry.section
    return [{ ...entry, section, dumpId: nextId(), dependencies: [about.dumpId], data: undefined }]
  })
  const after = placed.filter(({ section }) => section === 'post-data')
  const within = placed.filter(({ section }) => section !== 'post-data')
  const firstAfter = archive.entries.findIndex(({ section }) => section === 'post-data')
  const border = firstAfter === -1 ? archive.entries.length : firstAfter
  return {
    ...archive,
    entries: [...archive.entries.slice(0, border), ...within, ...archive.entries.slice(border), ...after],
  }
}

const KINDS = new Set(['TABLE', 'FOREIGN TABLE', 'MATERIALIZED VIEW', 'INDEX'])

interface Made {
  dumpId: number
  /** A refresh would overwrite statistics that came before it. */
  refreshed: 'yes' | 'no'
}

/** By schema and name; an index that a constraint has made is called as the constraint, whose tag is `table constraint`. */
function relations(entries: readonly Entry[]): Map<string, Made> {
  const tags = new Map(entries.map(({ dumpId, tag }) => [dumpId, tag]))
  const made = new Map<string, Made>()
  for (const { dumpId, desc, namespace = '', tag, dependencies } of entries) {
    if (KINDS.has(desc)) made.set(`${namespace}.${tag}`, { dumpId, refreshed: 'no' })
    if (desc === 'MATERIALIZED VIEW DATA') made.set(`${namespace}.${tag}`, { dumpId, refreshed: 'yes' })
    if (desc !== 'CONSTRAINT') continue
    const table = dependencies
      .map((id) => tags.get(id))
      .find((name) => name !== undefined && tag.startsWith(`${name} `))
    if (table !== undefined) made.set(`${namespace}.${tag.slice(table.length + 1)}`, { dumpId, refreshed: 'no' })
  }
  return made
}
