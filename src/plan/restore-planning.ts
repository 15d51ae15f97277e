import type { Archive, Entry } from '../archive/index.ts'
import type { Step } from '../engine/index.ts'
import type { DatabaseStatement, Definitions } from './definitions.ts'
import type { ObjectPlanning } from './planning.ts'
import type { Restore } from './restore.ts'
import type { Filters, Selection } from './selection.ts'
import type { StepList } from './step-list.ts'
import type { RestoreWork } from './work.ts'

export interface RestorePlanInput {
  archive: Archive
  filters: Filters
  restore: Restore
  /** What gives the target database itself the source's settings, comment and grants. */
  database: readonly DatabaseStatement[]
  /** Statements that bring the target's own grants to where those of the archive begin. */
  grantsBefore: readonly string[]
  /** About how many bytes an entry's data comes to, by dump id; absent where that is not known. */
  dataBytes: ReadonlyMap<number, number>
  /** Whether the target takes planner statistics (PostgreSQL 18 and newer do), where the archive holds some. */
  statistics: 'keep' | 'skip'
}

export interface RestorePlan {
  steps: Step<RestoreWork>[]
  /** What the steps' names of definitions stand for. */
  definitions: Definitions
  /** The TABLE DATA entries that are restored. */
  tables: { entry: number; schema: string; name: string; bytes: number }[]
  /** Objects that are left out because something that they need is left out by a filter. */
  leftOut: Entry[]
  /** Every entry that is restored, rows and all. */
  kept: ReadonlySet<number>
  /** Expected duration in milliseconds, with `jobs` steps at a time. */
  estimate(jobs: number): number
}

/** What the planners of a restore's single kinds of steps share. */
export interface RestorePlanning extends ObjectPlanning {
  input: RestorePlanInput
  list: StepList<RestoreWork>
  selection: Selection
  byId: ReadonlyMap<number, Entry>
  /** The partitioned table at the top of a partition's tree, by the dump ids of both. */
  roots: ReadonlyMap<number, number>
  /** The tables at the top of such trees. */
  trees: ReadonlySet<number>
  /** The table (or materialized view) of an index or a key, by the dump ids of both. */
  tableOfIndex: ReadonlyMap<number, number>
  /** The steps that fill a table, by its dump id. */
  copies: Map<number, number[]>
  bytes: Map<number, number>
  /** The steps that index a table, by its dump id. */
  indexing: Map<number, number[]>
  /** Steps that fill tables which this run has not made. */
  added: number[]
}

/** Steps that take longer than this, in milliseconds, have a transaction of their own. */
export const ALONE_MS = 20

export function lockOf(table: number): string {
  return `table:${String(table)}`
}

/** What the entry depends on, and the rows of the tables among that. */
export function withRows({ list, copies }: RestorePlanning, { dependencies }: Entry): number[] {
  return [...list.stepsOf(dependencies), ...dependencies.flatMap((id) => copies.get(id) ?? [])]
}

/** Neither a partitioned table nor a partition: their keys hang together. */
export function isPartitioned({ roots, trees }: RestorePlanning, table: Entry | undefined): boolean {
  if (table === undefined) return false
  // Archives of before 16 do not hold the relkind.
  const { dumpId, relkind, defn } = table
  return relkind === 'p' || /\bPARTITION BY\b/.test(defn) || roots.has(dumpId) || trees.has(dumpId)
}
