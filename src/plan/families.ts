import type { Archive, Entry } from '../archive/index.ts'

/** Dump ids of a table's partitions (by `TABLE ATTACH`) and inheriting tables (by their dependency on it). */
export function childrenByParent(archive: Archive): Map<number, number[]> {
  const tables = tablesOf(archive)
  const children = new Map<number, number[]>()
  const add = (parent: number, child: number) => children.set(parent, [...(children.get(parent) ?? []), child])
  for (const entry of archive.entries) {
    if (entry.desc === 'TABLE ATTACH') {
      const pair = attached(entry, tables)
      if (pair !== undefined) add(pair.parent, pair.child)
    } else if (tables.has(entry.dumpId) && /\bINHERITS \(/.test(entry.defn)) {
      for (const parent of entry.dependencies.filter((id) => tables.has(id))) add(parent, entry.dumpId)
    }
  }
  return children
}

/** For each partition, by catalog OID, the partitioned table at the top of its tree. */
export function partitionRoots(archive: Archive): Map<number, number> {
  const tables = tablesOf(archive)
  const oidOf = (dumpId: number) => tables.get(dumpId)?.catalogOid.object
  return new Map(
    [...partitionRootEntries(archive)].flatMap(([partition, root]): [number, number][] => {
      const child = oidOf(partition)
      const parent = oidOf(root)
      return child === undefined || parent === undefined ? [] : [[child, parent]]
    }),
  )
}

/** The same by dump ids. */
export function partitionRootEntries(archive: Archive): Map<number, number> {
  const tables = tablesOf(archive)
  const parents = new Map<number, number>()
  for (const entry of archive.entries) {
    const pair = entry.desc === 'TABLE ATTACH' ? attached(entry, tables) : undefined
    if (pair !== undefined) parents.set(pair.child, pair.parent)
  }
  const rootOf = (id: number): number => {
    const parent = parents.get(id)
    return parent === undefined ? id : rootOf(parent)
  }
  return new Map([...parents.keys()].map((id) => [id, rootOf(id)]))
}

function tablesOf(archive: Archive): Map<number, Entry> {
  const tables = archive.entries.filter((entry) => entry.desc === 'TABLE' || entry.desc === 'FOREIGN TABLE')
  return new Map(tables.map((entry) => [entry.dumpId, entry]))
}

/** A `TABLE ATTACH` entry has the partition's name and depends on both tables (pg_dump.c, dumpTableAttach). */
function attached(entry: Entry, tables: ReadonlyMap<number, Entry>): { parent: number; child: number } | undefined {
  const both = entry.dependencies.filter((id) => tables.has(id))
  const child = both.find((id) => tables.get(id)?.tag === entry.tag && tables.get(id)?.namespace === entry.namespace)
  const parent = both.find((id) => id !== child)
  return child === undefined || parent === undefined ? undefined : { parent, child }
}
