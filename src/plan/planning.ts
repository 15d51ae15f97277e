import type { Archive, Entry } from '../archive/index.ts'
import type { ForeignKeyFacts, IndexFacts, SequenceFacts, TableFacts } from '../catalog/index.ts'
import type { Part } from '../copy/index.ts'
import { statementCost } from './costs.ts'
import type { DatabaseStatement, Definitions } from './definitions.ts'
import type { References } from './reference-order.ts'
import type { Restore } from './restore.ts'
import type { Filters } from './selection.ts'
import { STAGES, type StepList } from './step-list.ts'
import type { DefinitionWork, PlannedStep, SqlWork } from './work.ts'

export interface PlanInput {
  archive: Archive
  /** The source's planner statistics; undefined where the target cannot take them (before PostgreSQL 18). */
  statistics: Archive | undefined
  facts: PlanFacts
  filters: Filters
  restore: Restore
  /** What gives the target database itself the source's settings, comment and grants. */
  database: readonly DatabaseStatement[]
  /** Statements that bring the target's own grants to where those of the archive begin. */
  grantsBefore: readonly string[]
  /** How each large table is cut; tables that are not named here are copied whole. */
  parts: ReadonlyMap<number, Part[]>
}

export interface PlanFacts {
  /** The source's server encoding, in which text travels. */
  encoding: string
  /** Whether the source is a standby, which holds nothing of what is unlogged. */
  recovering: boolean
  tables: readonly TableFacts[]
  indexes: readonly IndexFacts[]
  foreignKeys: readonly ForeignKeyFacts[]
  sequences: readonly SequenceFacts[]
  /** Foreign keys to tables of extensions: see `readExtensionReferences`. */
  references: References
  /** Ranges of large objects, each copied by one step; none where there are no large objects. */
  largeObjects: readonly { fromOid: number; toOid: number; count: number; bytes: number }[]
}

export interface Plan {
  steps: PlannedStep[]
  /** What the steps' names of definitions stand for. */
  definitions: Definitions
  /** The tables whose rows are copied, largest first; those without rows have no parts. */
  tables: { oid: number; schema: string; name: string; bytes: number; parts: number }[]
  /** Objects that are left out because something that they need is left out by a filter. */
  leftOut: Entry[]
  /** Tables of the source, by OID, whose rows stay behind because a filter says so. */
  rowsLeftOut: Set<number>
  /** What stays empty, or at its start, only because a standby cannot show what is in it. */
  unlogged: { tables: string[]; sequences: string[] }
  /** Expected duration in milliseconds, with `jobs` steps at a time; by costs that were measured, where there are some. */
  estimate(jobs: number, costOf?: (step: PlannedStep) => number): number
}

/** What it takes to plan an archive's objects, owners and grants, with or without facts of the source. */
export interface ObjectPlanning {
  input: Pick<PlanInput, 'archive' | 'restore' | 'grantsBefore' | 'database'>
  list: Pick<StepList<SqlWork | DefinitionWork>, 'add' | 'stepsOf'>
  definitions: Definitions
}

/** What the planners of the single kinds of steps share. */
export interface Planning extends ObjectPlanning {
  input: PlanInput
  list: StepList
  tables: ReadonlyMap<number, TableFacts>
  indexes: ReadonlyMap<number, IndexFacts>
  /** Indexes of primary keys, unique and exclusion constraints, by the constraint's OID. */
  indexOfConstraint: ReadonlyMap<number, IndexFacts>
  foreignKeys: ReadonlyMap<number, ForeignKeyFacts>
  /** The table of an index, by the dump id of the index's or its constraint's entry. */
  tableOfIndexEntry: ReadonlyMap<number, number>
  /** The partitioned table at the top of a partition's tree, by the partition's OID. */
  roots: ReadonlyMap<number, number>
  /** The steps that fill a table, by the table's OID. */
  copies: Map<number, number[]>
  /** The steps that index a table, by the table's OID. */
  indexing: Map<number, number[]>
}

/** One object by the archive's own SQL, together with its neighbours in one transaction. */
export function planObject(planning: ObjectPlanning, entry: Entry, stage: 'schema' | 'data' | 'rest'): void {
  const { list, input, definitions } = planning
  if (input.restore.definition(entry).length === 0) return
  list.add(
    {
      kind: 'object',
      label: describe(entry),
      stage: STAGES[stage],
      cost: statementCost,
      dependsOn: list.stepsOf(entry.dependencies),
      // One at a time and in the archive's order: pg_dump does not record every dependency of these objects.
      locks: [{ object: 'schema', mode: 'exclusive' }],
      batch: stage,
      work: definitions.work(entry),
    },
    entry.dumpId,
  )
}

/** `INDEX public.orders_pkey`, as pg_restore's messages name an entry. */
export function describe(entry: Entry): string {
  return `${entry.desc} ${entry.namespace === undefined ? '' : `${entry.namespace}.`}${entry.tag}`
}

export function tableName(table: { schema: string; name: string }): string {
  return `${table.schema}.${table.name}`
}

/** Heap and TOAST: what a copy moves. */
export function bytesOf(table: TableFacts): number {
  return table.heapBytes + table.toastBytes
}

/** OID of the catalog pg_class, the same in every PostgreSQL: an object's OID is unique within its catalog alone. */
const PG_CLASS = 1259

/** Dump ids of the entries that make relations, by the relation's OID. */
export function relationEntries(entries: readonly Entry[]): Map<number, number> {
  const made = entries.filter((entry) => entry.catalogOid.table === PG_CLASS && MADE.has(entry.desc))
  return new Map(made.map((entry) => [entry.catalogOid.object, entry.dumpId]))
}

const MADE = new Set(['TABLE', 'FOREIGN TABLE', 'VIEW', 'MATERIALIZED VIEW', 'SEQUENCE', 'INDEX'])
