import { stagesOf, type Archive, type Entry, type Stage } from '../archive/index.ts'
import type { Lock, Step } from '../engine/index.ts'
import { analyzeCost, copyCost, indexCost, statementCost, validateCost } from './costs.ts'
import { Definitions, type DatabaseStatement } from './definitions.ts'
import { estimate } from './estimate.ts'
import { partitionRootEntries } from './families.ts'
import { planDatabase, planOwnersAndGrants } from './owner-steps.ts'
import { describe, planObject, tableName, type ObjectPlanning } from './planning.ts'
import { quoted, type Restore } from './restore.ts'
import { selectEntries, type Filters, type Selection } from './selection.ts'
import { STAGES, StepList } from './step-list.ts'
import { loadsViaRoot } from './via-root.ts'
import { copiesBehind } from './view-sources.ts'
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

interface RestorePlanning extends ObjectPlanning {
  input: RestorePlanInput
  list: StepList<RestoreWork>
  selection: Selection
  byId: ReadonlyMap<number, Entry>
  /** The partitioned table at the top of a partition's tree, by the dump ids of both. */
  roots: ReadonlyMap<number, number>
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

/** Tables up to this size are copied many to a transaction. */
const SMALL_TABLE_BYTES = 1024 * 1024
/** Indexes that take longer than this, in milliseconds, have a transaction of their own; so have foreign keys. */
const ALONE_MS = 20
/** An index, as a share of its table; the archive does not tell. */
const INDEX_SHARE = 0.3

/**
 * Turns an archive with its data into the steps of a restore. Pure: the same input gives the same plan. In an archive there
 * are no facts of the source but its entries and their dependencies, which are followed as pg_restore's parallel mode does:
 * what depends on a table waits for its rows (repoint_table_dependencies), and what takes a table's exclusive lock never meets
 * another that does (identify_locking_dependencies in pg_backup_archiver.c). STAGES says why there are stages.
 */
export function planRestore(input: RestorePlanInput): RestorePlan {
  const { archive, restore, database } = input
  const selection = selectEntries(archive, input.filters)
  const byId = new Map(archive.entries.map((entry) => [entry.dumpId, entry]))
  const planning: RestorePlanning = {
    input,
    list: new StepList<RestoreWork>(),
    definitions: new Definitions({ archive, statistics: undefined, restore, database }),
    selection,
    byId,
    roots: partitionRootEntries(archive),
    tableOfIndex: tablesOfIndexes(archive, byId),
    copies: new Map(),
    bytes: new Map(),
    indexing: new Map(),
    added: [],
  }
  const stages = stagesOf(archive)
  const entries = (stage: Stage) => selection.entries.filter((entry) => stages.get(entry.dumpId) === stage)

  for (const entry of entries('pre-data')) planObject(planning, entry, 'schema')
  const tables = planData(planning, entries('data'))
  for (const entry of entries('post-data')) planPostData(planning, entry)
  planStatistics(planning)
  planDatabase(planning)
  planOwnersAndGrants(planning, selection.entries, entries('acl'))
  planLate(planning, entries('late'))
  const { steps } = planning.list
  return {
    steps,
    definitions: planning.definitions,
    tables,
    leftOut: selection.leftOut,
    kept: new Set(selection.entries.map(({ dumpId }) => dumpId)),
    estimate: (jobs) => estimate(steps, jobs, ({ cost }) => cost),
  }
}

/** The first relation that an index or key depends on is the one that it belongs to. */
function tablesOfIndexes({ entries }: Archive, byId: ReadonlyMap<number, Entry>): Map<number, number> {
  const found = new Map<number, number>()
  for (const { desc, dumpId, dependencies } of entries) {
    if (desc !== 'INDEX' && desc !== 'CONSTRAINT') continue
    const table = dependencies.find((id) => HAS_INDEXES.has(byId.get(id)?.desc ?? ''))
    if (table !== undefined) found.set(dumpId, table)
  }
  return found
}

const HAS_INDEXES: ReadonlySet<string> = new Set(['TABLE', 'FOREIGN TABLE', 'MATERIALIZED VIEW'])

/** Rows, sequences and large objects. Returns the tables whose rows are copied. */
function planData(planning: RestorePlanning, entries: readonly Entry[]): RestorePlan['tables'] {
  const tables: RestorePlan['tables'] = []
  const blobs: number[] = []
  for (const entry of entries) {
    switch (entry.desc) {
      case 'TABLE DATA':
        tables.push(...planTableData(planning, entry))
        break
      case 'SEQUENCE SET':
        planSequence(planning, entry)
        break
      case 'BLOB':
      case 'BLOB METADATA':
        planObject(planning, entry, 'data')
        blobs.push(...planning.list.stepsOf([entry.dumpId]))
        break
      case 'BLOBS':
        planLargeObjects(planning, entry, blobs)
        break
      case 'STATISTICS DATA':
        break // see planStatistics
      default:
        planObject(planning, entry, 'data')
    }
  }
  return tables
}

function planTableData(planning: RestorePlanning, entry: Entry): RestorePlan['tables'] {
  const { list, byId, selection } = planning
  const table = entry.dependencies
    .map((id) => byId.get(id))
    .find((one) => one !== undefined && HOLDS_ROWS.has(one.desc))
  if (table !== undefined && selection.withoutData.has(table.catalogOid.object)) return []
  const name = { schema: entry.namespace ?? '', name: entry.tag }
  const bytes = planning.input.dataBytes.get(entry.dumpId) ?? 0
  const viaRoot = loadsViaRoot(entry)
  const made = list.stepsOf(entry.dependencies)
  // Nothing is emptied but what this run itself has made (invariant 8): an archive of rows alone fills tables of the user's.
  const isOurs = table?.desc === 'TABLE' && list.stepsOf([table.dumpId]).length > 0
  const step = list.add(
    {
      kind: 'copy',
      label: `copy ${tableName(name)}`,
      table: tableName(name),
      stage: STAGES.data,
      bytes,
      cost: copyCost(bytes),
      dependsOn: viaRoot && table !== undefined ? [...made, ...treeOf(planning, table)] : made,
      // Tables that are there may have foreign keys, for which pg_dump puts an archive of rows alone in order, and no more.
      after: isOurs ? [] : planning.added.slice(-1),
      locks: [{ object: lockOf(table?.dumpId ?? entry.dumpId), mode: 'shared' }],
      ...(planning.input.dataBytes.has(entry.dumpId) && bytes <= SMALL_TABLE_BYTES ? { batch: 'copy' } : {}),
      work: { kind: 'entry-data', entry: entry.dumpId, ...name, mode: isOurs && !viaRoot ? 'whole' : 'append' },
    },
    entry.dumpId,
  )
  if (!isOurs) planning.added.push(step)
  // The rows of one partition may come to lie in any of the tree.
  const filled = table === undefined ? [] : viaRoot ? familyOf(planning, table) : [table.dumpId]
  for (const id of filled) planning.copies.set(id, [...(planning.copies.get(id) ?? []), step])
  if (table !== undefined) planning.bytes.set(table.dumpId, bytes)
  return [{ entry: entry.dumpId, ...name, bytes }]
}

const HOLDS_ROWS: ReadonlySet<string> = new Set(['TABLE', 'FOREIGN TABLE'])

/** Dump ids of all tables of a partition tree. */
function familyOf({ roots }: RestorePlanning, { dumpId }: Entry): number[] {
  const root = roots.get(dumpId) ?? dumpId
  return [root, ...[...roots].flatMap(([partition, of]) => (of === root ? [partition] : []))]
}

/** The steps that make a whole partition tree: rows that are loaded through its root need all of it. */
function treeOf(planning: RestorePlanning, table: Entry): number[] {
  const family = new Set(familyOf(planning, table))
  const attached = planning.selection.entries.filter(
    ({ desc, dependencies }) => desc === 'TABLE ATTACH' && dependencies.some((id) => family.has(id)),
  )
  return planning.list.stepsOf([...family, ...attached.map(({ dumpId }) => dumpId)])
}

function planSequence({ list, definitions }: RestorePlanning, entry: Entry): void {
  list.add(
    {
      kind: 'sequences',
      label: `set sequence ${tableName({ schema: entry.namespace ?? '', name: entry.tag })}`,
      stage: STAGES.data,
      cost: statementCost / 8,
      dependsOn: list.stepsOf(entry.dependencies),
      batch: 'sequences',
      work: definitions.work(entry),
    },
    entry.dumpId,
  )
}

/**
 * Content goes only into large objects that this run has made (invariant 8). Before 17, the one entry for all content does
 * not depend on those that make the objects: it comes after all of them.
 */
function planLargeObjects({ list, byId, input }: RestorePlanning, entry: Entry, blobs: readonly number[]): void {
  const dependsOnItsOwn = entry.dependencies.some((id) => byId.get(id)?.desc === 'BLOB METADATA')
  const bytes = input.dataBytes.get(entry.dumpId) ?? 0
  list.add(
    {
      kind: 'large-objects',
      label: `fill large objects ${entry.tag}`,
      stage: STAGES.data,
      bytes,
      cost: copyCost(bytes),
      dependsOn: dependsOnItsOwn ? list.stepsOf(entry.dependencies) : [...blobs],
      work: { kind: 'entry-large-objects', entry: entry.dumpId },
    },
    entry.dumpId,
  )
}

/** Indexes, keys and foreign keys run beside the copies; everything else waits until all rows are in. */
function planPostData(planning: RestorePlanning, entry: Entry): void {
  switch (entry.desc) {
    case 'INDEX':
      return planOnTable(planning, entry, { kind: 'index', mode: 'shared', label: `index ${entry.tag}` })
    case 'CONSTRAINT':
      return planOnTable(planning, entry, { kind: 'key', mode: 'exclusive', label: keyLabel(entry) })
    case 'FK CONSTRAINT':
      return planForeignKey(planning, entry)
    case 'INDEX ATTACH':
      return planIndexAttach(planning, entry)
    case 'STATISTICS DATA':
      return
    case 'STATISTICS':
      return planObject(planning, entry, 'data')
    default:
      return planObject(planning, entry, 'rest')
  }
}

function keyLabel({ tag, defn }: Entry): string {
  return `${/ PRIMARY KEY /.test(defn) ? 'primary key' : 'constraint'} ${nameOf(tag)}`
}

/** The tag of a constraint is its table's name and its own. */
function nameOf(tag: string): string {
  return tag.slice(tag.lastIndexOf(' ') + 1)
}

/** One index or key, as soon as the rows of its table are in. */
function planOnTable(
  planning: RestorePlanning,
  entry: Entry,
  { kind, mode, label }: { kind: 'index' | 'key'; mode: Lock['mode']; label: string },
): void {
  const { list, byId, definitions } = planning
  const id = planning.tableOfIndex.get(entry.dumpId)
  const table = id === undefined ? undefined : byId.get(id)
  if (id === undefined || table === undefined) return planObject(planning, entry, 'data')
  const bytes = planning.bytes.get(id) ?? 0
  const cost = indexCost(bytes, bytes * INDEX_SHARE)
  const name = tableName({ schema: table.namespace ?? '', name: table.tag })
  const step = list.add(
    {
      kind,
      label: `${label} on ${name}`,
      table: name,
      stage: STAGES.data,
      cost,
      dependsOn: withRows(planning, entry),
      locks: [{ object: lockOf(id), mode }],
      ...(cost < ALONE_MS ? { batch: 'index' } : {}),
      work: definitions.work(entry),
    },
    entry.dumpId,
  )
  planning.indexing.set(id, [...(planning.indexing.get(id) ?? []), step])
}

/** What the entry depends on, and the rows of the tables among that. */
function withRows({ list, copies }: RestorePlanning, { dependencies }: Entry): number[] {
  return [...list.stepsOf(dependencies), ...dependencies.flatMap((id) => copies.get(id) ?? [])]
}

function planForeignKey(planning: RestorePlanning, entry: Entry): void {
  const { list, byId, definitions, bytes } = planning
  const tables = entry.dependencies.filter((id) => byId.get(id)?.desc === 'TABLE')
  const [own, referenced] = tables.map((id) => bytes.get(id) ?? 0)
  const cost = validateCost(own ?? 0, referenced ?? 0)
  // The tag begins with the name of the table that has the key.
  const table = byId.get(tables.find((id) => entry.tag.startsWith(`${byId.get(id)?.tag ?? ''} `)) ?? -1)
  const name = tableName({ schema: entry.namespace ?? '', name: table?.tag ?? '' })
  list.add(
    {
      kind: 'foreign-key',
      label: table === undefined ? describe(entry) : `foreign key ${nameOf(entry.tag)} on ${name}`,
      ...(table === undefined ? {} : { table: name }),
      stage: STAGES.data,
      cost,
      dependsOn: withRows(planning, entry),
      // ADD FOREIGN KEY takes SHARE ROW EXCLUSIVE on both tables.
      locks: tables.map((id) => ({ object: lockOf(id), mode: 'exclusive' })),
      ...(cost < ALONE_MS ? { batch: 'foreign-key' } : {}),
      work: definitions.work(entry),
    },
    entry.dumpId,
  )
}

/** Takes both indexes ACCESS EXCLUSIVE: nothing may work on either table, or on the whole tree, at that moment. */
function planIndexAttach({ list, definitions, tableOfIndex, roots }: RestorePlanning, entry: Entry): void {
  const tables = entry.dependencies.flatMap((id) => tableOfIndex.get(id) ?? [])
  const locked = new Set(tables.flatMap((id) => [id, roots.get(id) ?? id]))
  list.add(
    {
      kind: 'attach',
      label: describe(entry),
      stage: STAGES.data,
      cost: statementCost,
      dependsOn: list.stepsOf(entry.dependencies),
      locks: [...locked].map((id) => ({ object: lockOf(id), mode: 'exclusive' })),
      batch: 'attach',
      work: definitions.work(entry),
    },
    entry.dumpId,
  )
}

/**
 * The archive's own planner statistics where the target takes them; all other tables, and those with extended statistics,
 * which cannot be carried, are analyzed, each once its rows and indexes are in.
 */
function planStatistics(planning: RestorePlanning): void {
  const { list, byId, selection, copies, indexing, roots } = planning
  const carried = planning.input.statistics === 'keep' ? planCarried(planning) : new Set<number>()
  const extended = selection.entries.filter(({ desc }) => desc === 'STATISTICS')
  const withExtended = new Set(extended.flatMap(({ dependencies }) => dependencies))
  const groups = new Map<number, Set<number>>()
  for (const id of copies.keys()) {
    const root = roots.get(id) ?? id
    groups.set(root, (groups.get(root) ?? new Set([root])).add(id))
  }
  for (const [root, members] of groups) {
    const table = byId.get(root)
    const filled = [...members].filter((id) => copies.has(id))
    const isCarried = filled.every((id) => carried.has(id)) && ![...members].some((id) => withExtended.has(id))
    if (table === undefined || isCarried) continue
    const name = { schema: table.namespace ?? '', name: table.tag }
    const cost = analyzeCost(filled.reduce((blocks, id) => blocks + (planning.bytes.get(id) ?? 0) / 8192, 0))
    list.add({
      kind: 'analyze',
      label: `analyze ${tableName(name)}`,
      table: tableName(name),
      stage: STAGES.data,
      cost,
      dependsOn: list.stepsOf([...members]),
      after: [
        ...filled.flatMap((id) => copies.get(id) ?? []),
        ...filled.flatMap((id) => indexing.get(id) ?? []),
        ...list.stepsOf(extended.map(({ dumpId }) => dumpId)),
      ],
      // ANALYZE takes SHARE UPDATE EXCLUSIVE.
      locks: [...members].map((id) => ({ object: lockOf(id), mode: 'exclusive' })),
      ...(cost < ALONE_MS ? { batch: 'analyze' } : {}),
      work: { kind: 'sql', statements: [`ANALYZE ${quoted(name)}`] },
    })
  }
}

/** Returns the tables whose columns the archive's statistics cover. Materialized views are analyzed when they are filled. */
function planCarried(planning: RestorePlanning): Set<number> {
  const { list, byId, copies, indexing, tableOfIndex, definitions } = planning
  const covered = new Set<number>()
  for (const entry of planning.selection.entries.filter(({ desc }) => desc === 'STATISTICS DATA')) {
    const id = entry.dependencies.find((one) => byId.has(one))
    const table = id === undefined ? undefined : (tableOfIndex.get(id) ?? id)
    if (id === undefined || table === undefined || byId.get(table)?.desc !== 'TABLE') continue
    if (entry.defn.includes('pg_restore_attribute_stats')) covered.add(id)
    list.add(
      {
        kind: 'statistics',
        label: describe(entry),
        stage: STAGES.rest,
        cost: statementCost,
        dependsOn: list.stepsOf([id]),
        after: [...(copies.get(table) ?? []), ...(indexing.get(table) ?? [])],
        locks: [{ object: 'statistics', mode: 'exclusive' }],
        batch: 'statistics',
        work: definitions.work(entry),
      },
      entry.dumpId,
    )
  }
  return covered
}

/** Materialized views are filled side by side, in the order of their dependencies. */
function planLate(planning: RestorePlanning, entries: readonly Entry[]): void {
  const { list, input, definitions, byId, copies } = planning
  const behind = copiesBehind(planning.selection.entries, copies)
  for (const entry of entries) {
    if (entry.desc === 'STATISTICS DATA' || input.restore.definition(entry).length === 0) continue
    const view =
      entry.desc === 'MATERIALIZED VIEW DATA'
        ? entry.dependencies.map((id) => byId.get(id)).find((one) => one?.desc === 'MATERIALIZED VIEW')
        : undefined
    const name = view === undefined ? undefined : { schema: view.namespace ?? '', name: view.tag }
    list.add(
      {
        kind: name === undefined ? 'object' : 'refresh',
        label: name === undefined ? describe(entry) : `fill materialized view ${tableName(name)}`,
        stage: STAGES.late,
        cost: statementCost,
        dependsOn: [...list.stepsOf(entry.dependencies), ...(name === undefined ? [] : behind(entry))],
        work: definitions.work(entry, name === undefined ? undefined : `ANALYZE ${quoted(name)}`),
        ...(name === undefined ? { batch: 'late', locks: [{ object: 'schema', mode: 'exclusive' as const }] } : {}),
      },
      entry.dumpId,
    )
  }
}

function lockOf(table: number): string {
  return `table:${String(table)}`
}
