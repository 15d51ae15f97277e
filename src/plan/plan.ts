import { stagesOf, type Entry, type Stage } from '../archive/index.ts'
import { planCopies } from './copy-steps.ts'
import { statementCost } from './costs.ts'
import { Definitions } from './definitions.ts'
import { estimate } from './estimate.ts'
import { partitionRoots } from './families.ts'
import { planForeignKey } from './foreign-key-steps.ts'
import { planIndex, planIndexAttach, planKey } from './index-steps.ts'
import { planDatabase, planOwnersAndGrants } from './owner-steps.ts'
import { describe, planObject, tableName, type Plan, type Planning, type PlanInput } from './planning.ts'
import { quoted } from './restore.ts'
import { rowsStayBehind } from './rows-behind.ts'
import { selectEntries } from './selection.ts'
import { planStatistics } from './statistics-steps.ts'
import { STAGES, StepList } from './step-list.ts'
import { copiesBehindEntries, type CopiesBehind } from './view-sources.ts'

/**
 * Turns an archive and the facts of a source into the steps of a run. Pure: the same input gives the same plan.
 * The order within a stage follows the dependencies that pg_dump recorded, as pg_restore's parallel mode does
 * (pg_backup_archiver.c, restore_toc_entries_parallel); STAGES says why there are stages at all.
 */
export function plan(input: PlanInput): Plan {
  const selection = selectEntries(input.archive, input.filters)
  const planning: Planning = {
    input,
    list: new StepList(),
    definitions: new Definitions(input),
    tables: new Map(input.facts.tables.map((table) => [table.oid, table])),
    indexes: new Map(input.facts.indexes.map((index) => [index.oid, index])),
    indexOfConstraint: new Map(
      input.facts.indexes.flatMap((index) => (index.constraint === undefined ? [] : [[index.constraint.oid, index]])),
    ),
    foreignKeys: new Map(input.facts.foreignKeys.map((key) => [key.oid, key])),
    tableOfIndexEntry: tablesByIndexEntry(input),
    roots: partitionRoots(input.archive),
    copies: new Map(),
    indexing: new Map(),
  }
  const stages = stagesOf(input.archive)
  const entries = (stage: Stage) => selection.entries.filter((entry) => stages.get(entry.dumpId) === stage)

  for (const entry of entries('pre-data')) planObject(planning, entry, 'schema')
  const { tables, unlogged } = planCopies(planning, selection)
  for (const entry of entries('post-data')) planPostData(planning, entry)
  const filled = tables.filter(({ parts }) => parts > 0)
  planStatistics(planning, filled, selection.entries)
  planDatabase(planning)
  planOwnersAndGrants(planning, selection.entries, entries('acl'))
  const copiesBehind = copiesBehindEntries(planning, selection.entries)
  for (const entry of entries('late')) planLate(planning, entry, copiesBehind)

  const { steps } = planning.list
  const stays = rowsStayBehind(selection)
  const notShown = new Set(unlogged.tables)
  const rowsLeftOut = input.facts.tables.filter((table) => stays(table) || notShown.has(tableName(table)))
  return {
    steps,
    definitions: planning.definitions,
    tables,
    leftOut: selection.leftOut,
    rowsLeftOut: new Set(rowsLeftOut.map(({ oid }) => oid)),
    unlogged,
    estimate: (jobs, costOf = ({ cost }) => cost) => estimate(steps, jobs, costOf),
  }
}

function tablesByIndexEntry({ archive, facts }: PlanInput): Map<number, number> {
  const byIndex = new Map(facts.indexes.map((index) => [index.oid, index.tableOid]))
  const byConstraint = new Map(facts.indexes.map((index) => [index.constraint?.oid, index.tableOid]))
  const found = new Map<number, number>()
  for (const { desc, dumpId, catalogOid } of archive.entries) {
    const table =
      desc === 'INDEX'
        ? byIndex.get(catalogOid.object)
        : desc === 'CONSTRAINT'
          ? byConstraint.get(catalogOid.object)
          : undefined
    if (table !== undefined) found.set(dumpId, table)
  }
  return found
}

/** Indexes, keys and foreign keys run beside the copies; everything else waits until all rows are in. */
function planPostData(planning: Planning, entry: Entry): void {
  switch (entry.desc) {
    case 'INDEX':
      return planIndex(planning, entry)
    case 'CONSTRAINT':
      return planKey(planning, entry)
    case 'FK CONSTRAINT':
      return planForeignKey(planning, entry)
    case 'INDEX ATTACH':
      return planIndexAttach(planning, entry)
    case 'STATISTICS':
      return planObject(planning, entry, 'data')
    default:
      return planObject(planning, entry, 'rest')
  }
}

/** Materialized views are filled side by side, in the order of their dependencies. */
function planLate(planning: Planning, entry: Entry, copiesBehind: CopiesBehind): void {
  const { list, input, definitions } = planning
  if (input.restore.definition(entry).length === 0) return
  const view = entry.desc === 'MATERIALIZED VIEW DATA' ? planning.tables.get(entry.catalogOid.object) : undefined
  list.add(
    {
      kind: view === undefined ? 'object' : 'refresh',
      label: view === undefined ? describe(entry) : `fill materialized view ${tableName(view)}`,
      stage: STAGES.late,
      cost: statementCost + (view === undefined ? 0 : view.heapBytes / 20_000),
      dependsOn: [...list.stepsOf(entry.dependencies), ...(view === undefined ? [] : copiesBehind(entry))],
      work: definitions.work(entry, view === undefined ? undefined : `ANALYZE ${quoted(view)}`),
      ...(view === undefined ? { batch: 'late', locks: [{ object: 'schema', mode: 'exclusive' as const }] } : {}),
    },
    entry.dumpId,
  )
}
