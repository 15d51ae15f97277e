import type { Entry } from '../archive/index.ts'
import type { TableFacts } from '../catalog/index.ts'
import { analyzeCost, statementCost } from './costs.ts'

import { describe, relationEntries, tableName, type Plan, type Planning } from './planning.ts'
import { quoted } from './restore.ts'
import { STAGES } from './step-list.ts'

/**
 * Planner statistics. Where the target takes them (PostgreSQL 18), those of the source are carried over; tables that have
 * none there, or have extended statistics, which cannot be carried, are analyzed, each once its rows and indexes are in.
 */
export function planStatistics(planning: Planning, tables: Plan['tables'], kept: readonly Entry[]): void {
  const carried = planCarried(planning, relationEntries(kept))
  const extended = planning.list.stepsOf(kept.flatMap(({ desc, dumpId }) => (desc === 'STATISTICS' ? [dumpId] : [])))
  const withExtended = new Set(extended.flatMap((id) => planning.list.steps[id - 1]?.dependsOn ?? []))
  for (const group of groupByRoot(planning, tables)) {
    const names = group.members.map(tableName)
    const hasExtended = [...group.made].some((id) => withExtended.has(id))
    if (!hasExtended && names.every((name) => carried.has(name))) continue
    planAnalyze(planning, group, extended)
  }
}

/** A table, or a partition tree, which ANALYZE reads from its root down in one go. */
interface Group {
  root: TableFacts
  members: TableFacts[]
  /** The steps that make its tables. */
  made: Set<number>
}

function groupByRoot(planning: Planning, tables: Plan['tables']): Group[] {
  const groups = new Map<number, Group>()
  const entryOf = relationEntries(planning.input.archive.entries)
  for (const { oid } of tables) {
    const table = planning.tables.get(oid)
    const root = planning.tables.get(planning.roots.get(oid) ?? oid)
    if (table === undefined || root === undefined) continue
    const group = groups.get(root.oid) ?? { root, members: [], made: new Set<number>() }
    groups.set(root.oid, group)
    group.members.push(table)
    for (const step of planning.list.stepsOf([root.oid, oid].flatMap((one) => entryOf.get(one) ?? [])))
      group.made.add(step)
  }
  return [...groups.values()]
}

function planAnalyze(planning: Planning, group: Group, statistics: readonly number[]): void {
  const cost = analyzeCost(group.members.reduce((blocks, member) => blocks + member.blocks, 0))
  const filled = group.members.flatMap(({ oid }) => planning.copies.get(oid) ?? [])
  const indexed = group.members.flatMap(({ oid }) => planning.indexing.get(oid) ?? [])
  planning.list.add({
    kind: 'analyze',
    label: `analyze ${tableName(group.root)}`,
    table: tableName(group.root),
    stage: STAGES.data,
    cost,
    dependsOn: [...group.made],
    after: [...filled, ...indexed, ...statistics],
    // ANALYZE takes SHARE UPDATE EXCLUSIVE, as VALIDATE CONSTRAINT does.
    locks: [...new Set([group.root, ...group.members])].map(({ oid }) => ({
      object: `table:${String(oid)}`,
      mode: 'exclusive',
    })),
    ...(cost < 50 ? { batch: 'analyze' } : {}),
    work: { kind: 'sql', statements: [`ANALYZE ${quoted(group.root)}`] },
  })
}

/** Plans what pg_dump has read of the source's statistics. Returns the tables whose columns it covers. */
function planCarried(planning: Planning, kept: ReadonlyMap<number, number>): Set<string> {
  const covered = new Set<string>()
  const { facts, statistics } = planning.input
  if (statistics === undefined) return covered
  const tableOf = new Map<string, number>([
    ...facts.indexes.map((index) => [tableName(index), index.tableOid] as const),
    ...facts.tables.map((table) => [tableName(table), table.oid] as const),
  ])
  for (const entry of statistics.entries.filter(({ desc }) => desc === 'STATISTICS DATA')) {
    const name = `${entry.namespace ?? ''}.${entry.tag}`
    const table = tableOf.get(name)
    // Materialized views are analyzed when they are filled.
    const made = table === undefined ? undefined : kept.get(table)
    if (table === undefined || made === undefined || planning.tables.get(table)?.kind === 'materialized-view') continue
    if (entry.defn.includes('pg_restore_attribute_stats')) covered.add(name)
    planning.list.add({
      kind: 'statistics',
      label: describe(entry),
      stage: STAGES.rest,
      cost: statementCost,
      dependsOn: planning.list.stepsOf([made]),
      after: [...(planning.copies.get(table) ?? []), ...(planning.indexing.get(table) ?? [])],
      locks: [{ object: 'statistics', mode: 'exclusive' }],
      batch: 'statistics',
      work: planning.definitions.work(entry),
    })
  }
  return covered
}
