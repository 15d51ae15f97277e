import type { Entry } from '../archive/index.ts'
import type { Lock } from '../engine/index.ts'
import { indexCost, statementCost, validateCost } from './costs.ts'
import { describe, planObject, tableName } from './planning.ts'
import { ALONE_MS, isPartitioned, lockOf, withRows, type RestorePlanning } from './restore-planning.ts'
import { splitForeignKey, splitKey } from './split-keys.ts'
import { STAGES } from './step-list.ts'

/** Keys of larger tables are built as an index first. */
const KEY_BY_INDEX_BYTES = 16 * 1024 * 1024
/** An index, as a share of its table; the archive does not tell. */
const INDEX_SHARE = 0.3

/** Indexes, keys and foreign keys run beside the copies; everything else waits until all rows are in. */
export function planPostData(planning: RestorePlanning, entry: Entry): void {
  switch (entry.desc) {
    case 'INDEX':
      return planOnTable(planning, entry, { kind: 'index', mode: 'shared', label: 'index' })
    case 'CONSTRAINT':
      return planOnTable(planning, entry, { kind: 'key', mode: 'exclusive', label: keyWord(entry) })
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

function keyWord({ defn }: Entry): string {
  return / PRIMARY KEY /.test(defn) ? 'primary key' : 'constraint'
}

/** The tag of a constraint is its table's name and its own. */
function nameOf({ tag }: Entry, table: Entry): string {
  return tag.startsWith(`${table.tag} `) ? tag.slice(table.tag.length + 1) : tag
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
  const built = kind === 'key' && bytes >= KEY_BY_INDEX_BYTES ? planUniqueIndex(planning, entry, id) : undefined
  const step = list.add(
    {
      kind,
      label: `${label} ${kind === 'key' ? nameOf(entry, table) : entry.tag} on ${name}`,
      table: name,
      stage: STAGES.data,
      cost: built === undefined ? cost : statementCost,
      dependsOn: built === undefined ? withRows(planning, entry) : [built.step],
      locks: [{ object: lockOf(id), mode }],
      ...(built !== undefined || cost < ALONE_MS ? { batch: 'index' } : {}),
      work: built === undefined ? definitions.work(entry) : { kind: 'sql', statements: [built.attach] },
    },
    entry.dumpId,
  )
  noteIndexing(planning, id, step)
}

/** A key's index first, so that the other indexes of a large table can be built at the same time. */
function planUniqueIndex(
  planning: RestorePlanning,
  entry: Entry,
  id: number,
): { step: number; attach: string } | undefined {
  const { list, byId, input } = planning
  const table = byId.get(id)
  const split = splitKey(entry)
  if (split === undefined || table === undefined || isPartitioned(planning, table)) return undefined
  const bytes = planning.bytes.get(id) ?? 0
  const name = tableName({ schema: table.namespace ?? '', name: table.tag })
  const step = list.add({
    kind: 'index',
    label: `index ${nameOf(entry, table)} on ${name}`,
    table: name,
    stage: STAGES.data,
    cost: indexCost(bytes, bytes * INDEX_SHARE),
    dependsOn: withRows(planning, entry),
    locks: [{ object: lockOf(id), mode: 'shared' }],
    work: { kind: 'sql', statements: [...input.restore.settings(entry), split.index] },
  })
  noteIndexing(planning, id, step)
  return { step, attach: split.attach }
}

function noteIndexing({ indexing }: RestorePlanning, table: number, step: number): void {
  indexing.set(table, [...(indexing.get(table) ?? []), step])
}

/** Those of large tables go in NOT VALID, which takes a moment, and are validated side by side. */
function planForeignKey(planning: RestorePlanning, entry: Entry): void {
  const { list, byId, definitions, bytes } = planning
  const tables = entry.dependencies.filter((id) => byId.get(id)?.desc === 'TABLE')
  const [own, referenced] = tables.map((id) => bytes.get(id) ?? 0)
  const cost = validateCost(own ?? 0, referenced ?? 0)
  // The tag begins with the name of the table that has the key.
  const table = byId.get(tables.find((id) => entry.tag.startsWith(`${byId.get(id)?.tag ?? ''} `)) ?? -1)
  const name = tableName({ schema: entry.namespace ?? '', name: table?.tag ?? '' })
  const label = table === undefined ? describe(entry) : `foreign key ${nameOf(entry, table)} on ${name}`
  const isPlain = tables.every((id) => !isPartitioned(planning, byId.get(id)))
  const split = table !== undefined && isPlain && cost >= ALONE_MS ? splitForeignKey(entry) : undefined
  const add = list.add(
    {
      kind: 'foreign-key',
      label,
      ...(table === undefined ? {} : { table: name }),
      stage: STAGES.data,
      cost: split === undefined ? cost : statementCost,
      dependsOn: withRows(planning, entry),
      // ADD FOREIGN KEY takes SHARE ROW EXCLUSIVE on both tables.
      locks: tables.map((id) => ({ object: lockOf(id), mode: 'exclusive' })),
      ...(split === undefined && cost < ALONE_MS ? { batch: 'foreign-key' } : {}),
      work: split === undefined ? definitions.work(entry) : { kind: 'sql', statements: [split.add] },
    },
    split === undefined ? entry.dumpId : undefined,
  )
  if (split === undefined || table === undefined) return
  list.add(
    {
      kind: 'validate',
      label: `validate ${label}`,
      table: name,
      stage: STAGES.data,
      cost,
      dependsOn: [add],
      // VALIDATE takes SHARE UPDATE EXCLUSIVE on its own table alone.
      locks: [{ object: lockOf(table.dumpId), mode: 'exclusive' }],
      work: { kind: 'sql', statements: [split.validate] },
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
