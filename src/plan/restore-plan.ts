import { stagesOf, type Archive, type Entry, type Stage } from '../archive/index.ts'
import { statementCost } from './costs.ts'
import { Definitions } from './definitions.ts'
import { estimate } from './estimate.ts'
import { partitionRootEntries } from './families.ts'
import { planDatabase, planOwnersAndGrants } from './owner-steps.ts'
import { describe, planObject, tableName } from './planning.ts'
import { planData } from './restore-data-steps.ts'
import { planPostData } from './restore-index-steps.ts'
import type { RestorePlan, RestorePlanInput, RestorePlanning } from './restore-planning.ts'
import { planStatistics } from './restore-statistics-steps.ts'
import { quoted } from './restore.ts'
import { selectEntries } from './selection.ts'
import { STAGES, StepList } from './step-list.ts'
import { copiesBehind } from './view-sources.ts'
import type { RestoreWork } from './work.ts'

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
  const roots = partitionRootEntries(archive)
  const planning: RestorePlanning = {
    input,
    list: new StepList<RestoreWork>(),
    definitions: new Definitions({ archive, statistics: undefined, restore, database }),
    selection,
    byId,
    roots,
    trees: new Set(roots.values()),
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
