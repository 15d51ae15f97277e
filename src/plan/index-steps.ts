import type { Entry } from '../archive/index.ts'
import type { IndexFacts, TableFacts } from '../catalog/index.ts'
import { quoteIdent } from '../sql.ts'
import { indexCost, statementCost } from './costs.ts'
import { bytesOf, describe, planObject, tableName, type Planning } from './planning.ts'
import { quoted } from './restore.ts'
import { STAGES } from './step-list.ts'

/** Keys of larger tables are built as an index first, so that their other indexes can be built at the same time. */
const KEY_BY_INDEX_BYTES = 16 * 1024 * 1024
/** Indexes that take longer than this, in milliseconds, have a transaction of their own. */
const ALONE_MS = 20

/** One CREATE INDEX, as soon as the rows of its table are in. */
export function planIndex(planning: Planning, entry: Entry): void {
  const index = planning.indexes.get(entry.catalogOid.object)
  const table = index && planning.tables.get(index.tableOid)
  if (index === undefined || table === undefined) return planObject(planning, entry, 'data')
  const cost = indexCost(bytesOf(table), index.bytes)
  const step = planning.list.add(
    {
      kind: 'index',
      label: `index ${entry.tag} on ${tableName(table)}`,
      table: tableName(table),
      stage: STAGES.data,
      cost,
      dependsOn: [...planning.list.stepsOf(entry.dependencies), ...(planning.copies.get(table.oid) ?? [])],
      locks: [{ object: `table:${String(table.oid)}`, mode: 'shared' }],
      ...(cost < ALONE_MS ? { batch: 'index' } : {}),
      work: planning.definitions.work(entry),
    },
    entry.dumpId,
  )
  noteIndexing(planning, table, step)
}

/**
 * Attaches a partition's index to that of its parent, which takes both indexes ACCESS EXCLUSIVE: nothing may work on
 * either table, or on the whole tree, at that moment.
 */
export function planIndexAttach(planning: Planning, entry: Entry): void {
  const dependsOn = planning.list.stepsOf(entry.dependencies)
  const tables = new Set<number>()
  for (const id of entry.dependencies) {
    const table = planning.tableOfIndexEntry.get(id)
    if (table === undefined) continue
    tables.add(table)
    tables.add(planning.roots.get(table) ?? table)
  }
  planning.list.add(
    {
      kind: 'attach',
      label: describe(entry),
      stage: STAGES.data,
      cost: statementCost,
      dependsOn,
      locks: [...tables].map((oid) => ({ object: `table:${String(oid)}`, mode: 'exclusive' })),
      batch: 'attach',
      work: planning.definitions.work(entry),
    },
    entry.dumpId,
  )
}

/** A primary key, unique or exclusion constraint. */
export function planKey(planning: Planning, entry: Entry): void {
  const index = planning.indexOfConstraint.get(entry.catalogOid.object)
  const table = index && planning.tables.get(index.tableOid)
  if (index === undefined || table === undefined) return planObject(planning, entry, 'data')
  const dependsOn = [...planning.list.stepsOf(entry.dependencies), ...(planning.copies.get(table.oid) ?? [])]
  const built = canBuildFirst(index, table) ? planUniqueIndex(planning, entry, index, table, dependsOn) : undefined
  const cost = built === undefined ? indexCost(bytesOf(table), index.bytes) : statementCost
  const step = planning.list.add(
    {
      kind: 'key',
      label: `${index.constraint?.type === 'primary' ? 'primary key' : 'constraint'} ${entry.tag.slice(entry.tag.lastIndexOf(' ') + 1)} on ${tableName(table)}`,
      table: tableName(table),
      stage: STAGES.data,
      cost,
      dependsOn: built === undefined ? dependsOn : [...dependsOn, built],
      locks: [{ object: `table:${String(table.oid)}`, mode: 'exclusive' }],
      ...(cost < ALONE_MS ? { batch: 'index' } : {}),
      work:
        built === undefined ? planning.definitions.work(entry) : { kind: 'sql', statements: [attachSql(index, table)] },
    },
    entry.dumpId,
  )
  noteIndexing(planning, table, step)
}

/** ALTER TABLE ... ADD ... USING INDEX takes plain unique B-tree indexes of ordinary tables. */
function canBuildFirst(index: IndexFacts, table: TableFacts): boolean {
  const type = index.constraint?.type
  return (
    bytesOf(table) >= KEY_BY_INDEX_BYTES &&
    (type === 'primary' || type === 'unique') &&
    table.kind === 'table' &&
    index.method === 'btree' &&
    index.constraint?.temporal === false &&
    index.unique
  )
}

function planUniqueIndex(
  planning: Planning,
  entry: Entry,
  index: IndexFacts,
  table: TableFacts,
  dependsOn: number[],
): number {
  const step = planning.list.add({
    kind: 'index',
    label: `index ${index.name} on ${tableName(table)}`,
    table: tableName(table),
    stage: STAGES.data,
    cost: indexCost(bytesOf(table), index.bytes),
    dependsOn,
    locks: [{ object: `table:${String(table.oid)}`, mode: 'shared' }],
    work: { kind: 'sql', statements: [...planning.input.restore.settings(entry), index.definition] },
  })
  noteIndexing(planning, table, step)
  return step
}

function attachSql(index: IndexFacts, table: TableFacts): string {
  const { constraint } = index
  const kind = constraint?.type === 'primary' ? 'PRIMARY KEY' : 'UNIQUE'
  const deferrable = constraint?.deferrable === true ? ' DEFERRABLE' : ''
  const deferred = constraint?.deferred === true ? ' INITIALLY DEFERRED' : ''
  const name = quoteIdent(constraint?.name ?? index.name)
  return `ALTER TABLE ONLY ${quoted(table)} ADD CONSTRAINT ${name} ${kind} USING INDEX ${quoteIdent(index.name)}${deferrable}${deferred}`
}

function noteIndexing(planning: Planning, table: TableFacts, step: number): void {
  planning.indexing.set(table.oid, [...(planning.indexing.get(table.oid) ?? []), step])
}
