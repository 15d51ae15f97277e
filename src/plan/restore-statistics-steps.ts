import { analyzeCost, statementCost } from './costs.ts'
import { describe, tableName } from './planning.ts'
import { ALONE_MS, lockOf, type RestorePlanning } from './restore-planning.ts'
import { quoted } from './restore.ts'
import { STAGES } from './step-list.ts'

/**
 * The archive's own planner statistics where the target takes them; all other tables, and those with extended statistics,
 * which cannot be carried, are analyzed, each once its rows and indexes are in.
 */
export function planStatistics(planning: RestorePlanning): void {
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
