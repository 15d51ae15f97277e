import type { Entry } from '../archive/index.ts'
import { relationEntries, type Planning } from './planning.ts'

/** Steps that fill the tables which an entry reads, through whatever views lie between. */
export type CopiesBehind = (entry: Entry) => number[]

/**
 * A materialized view must not be filled from tables whose rows could not be copied: it would be there, done and wrong.
 * Follows the dependencies that pg_dump recorded, and from a table on to those that inherit from it or are its partitions.
 */
export function copiesBehindEntries(planning: Planning, entries: readonly Entry[]): CopiesBehind {
  const relations = relationEntries(entries)
  return copiesBehind(entries, new Map([...relations].map(([oid, id]) => [id, planning.copies.get(oid) ?? []])))
}

/** The same; `copies` are the steps that fill a table, by the dump id of its entry. */
export function copiesBehind(entries: readonly Entry[], copies: ReadonlyMap<number, readonly number[]>): CopiesBehind {
  const needs = new Map<number, number[]>(entries.map((entry) => [entry.dumpId, [...entry.dependencies]]))
  const isTable = new Set(entries.filter(({ desc }) => desc === 'TABLE').map(({ dumpId }) => dumpId))
  for (const { desc, dumpId, dependencies } of entries) {
    // A child's CREATE TABLE needs its parent; a partition is attached by an entry that needs both.
    const tables = dependencies.filter((id) => isTable.has(id))
    const family = desc === 'TABLE' ? [...tables, dumpId] : desc === 'TABLE ATTACH' ? tables : []
    for (const id of family) needs.get(id)?.push(...family)
  }
  return ({ dependencies }) => {
    const seen = new Set(dependencies)
    for (const id of seen) for (const next of needs.get(id) ?? []) seen.add(next)
    return [...seen].flatMap((id) => copies.get(id) ?? [])
  }
}
