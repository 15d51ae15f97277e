import type { TableFacts } from '../catalog/index.ts'
import type { CopySpec, Part } from '../copy/index.ts'
import { copyCost } from './costs.ts'

import { bytesOf, relationEntries, tableName, type Plan, type PlanFacts, type Planning } from './planning.ts'
import { referencedFirst } from './reference-order.ts'
import type { Selection } from './selection.ts'
import { STAGES } from './step-list.ts'

/** Tables up to this size are copied many to a transaction. */
const SMALL_TABLE_BYTES = 1024 * 1024

/** Sequences are read and set many in one statement. */
const SEQUENCE_MS = 0.1

/** Plans the copy of all rows, large objects and sequences. Returns the tables that are filled, empty ones included. */
export function planCopies(planning: Planning, selection: Selection): Pick<Plan, 'tables' | 'unlogged'> {
  const { facts, parts } = planning.input
  const maker = makers(selection)
  const planned: Plan['tables'] = []
  const unlogged: string[] = []
  for (const table of inOrder(facts)) {
    const made = maker(table.oid, table.extension?.name)
    if (made === undefined || table.kind !== 'table' || selection.withoutData.has(table.oid)) continue
    if (facts.recovering && table.persistence === 'unlogged') {
      unlogged.push(tableName(table))
      continue
    }
    const { oid, schema, name } = table
    if (!mayHaveRows(table)) {
      planned.push({ oid, schema, name, bytes: 0, parts: 0 })
      continue
    }
    // A table that could not be made is never written to: one of that name may be the user's own (invariant 8).
    const before = [...planning.list.stepsOf([made]), ...referencedCopies(planning, table)]
    const cut = parts.get(oid) ?? [{ by: 'all' } as const]
    planning.copies.set(oid, planTable(planning, table, cut, before))
    planned.push({ oid, schema, name, bytes: bytesOf(table), parts: cut.length })
  }
  const sequences = planSequences(planning, maker)
  planLargeObjects(planning)
  return { tables: planned, unlogged: { tables: unlogged, sequences } }
}

/** The entry that makes a relation: its own, or that of the extension that it belongs to; undefined where that is left out. */
type Maker = (oid: number, extension: string | undefined) => number | undefined

function makers({ entries }: Selection): Maker {
  const own = relationEntries(entries)
  const extensions = new Map(entries.flatMap(({ desc, tag, dumpId }) => (desc === 'EXTENSION' ? [[tag, dumpId]] : [])))
  return (oid, extension) => (extension === undefined ? own.get(oid) : extensions.get(extension))
}

/** The largest first; but those of extensions, whose foreign keys are there already, after those that they refer to. */
function inOrder({ tables, references }: PlanFacts): TableFacts[] {
  const bySize = tables.toSorted((one, other) => bytesOf(other) - bytesOf(one))
  const members = bySize.filter(({ extension }) => extension !== undefined)
  const others = bySize.filter(({ extension }) => extension === undefined)
  return [...referencedFirst(members, { oidOf: ({ oid }) => oid, references }), ...others]
}

function referencedCopies({ input, copies }: Planning, { oid, extension }: TableFacts): number[] {
  if (extension === undefined) return []
  return (input.facts.references.get(oid) ?? []).flatMap((referenced) => copies.get(referenced) ?? [])
}

/**
 * A heap without blocks holds no row that our snapshot could see: sizes are read under ACCESS SHARE locks, which keep
 * TRUNCATE and vacuum's truncation away. Other access methods do not promise that.
 */
function mayHaveRows(table: TableFacts): boolean {
  return table.blocks > 0 || table.accessMethod !== 'heap'
}

function planTable(planning: Planning, table: TableFacts, parts: readonly Part[], before: number[]): number[] {
  const { list } = planning
  const columns = table.columns.filter((column) => column.generated === 'no')
  // Rows that an extension's script has put there stay; its condition picks the others, as pg_dump does.
  const condition = table.extension?.configCondition
  const ofTable: readonly Part[] =
    condition === undefined || condition === '' ? parts : [{ by: 'condition', where: condition }]
  // The target may have another version of the extension, whose columns have other types: text is read as whatever they are.
  const format = table.extension === undefined && columns.every((column) => column.binarySafe) ? 'binary' : 'text'
  const bytes = bytesOf(table) / ofTable.length
  return ofTable.map((part, index) => {
    const work: CopySpec = {
      schema: table.schema,
      name: table.name,
      columns: columns.map((column) => column.name),
      format,
      mode: part.by === 'all' && table.extension === undefined ? 'whole' : 'append',
      part,
      encoding: planning.input.facts.encoding,
    }
    return list.add({
      kind: 'copy',
      label: `copy ${tableName(table)}${ofTable.length > 1 ? ` (part ${String(index + 1)} of ${String(ofTable.length)})` : ''}`,
      table: tableName(table),
      stage: STAGES.data,
      bytes: Math.round(bytes),
      cost: copyCost(bytes),
      dependsOn: before,
      locks: [{ object: `table:${String(table.oid)}`, mode: 'shared' }],
      ...(bytes <= SMALL_TABLE_BYTES ? { batch: 'copy' } : {}),
      work: { kind: 'copy', ...work },
    })
  })
}

/**
 * One step each: a sequence that could not be made is never set (invariant 8), and does not keep others from it. Returns those
 * that a standby cannot show.
 */
function planSequences(planning: Planning, maker: Maker): string[] {
  const { recovering, sequences } = planning.input.facts
  const unlogged: string[] = []
  for (const { oid, schema, name, persistence, extension } of sequences) {
    const made = maker(oid, extension)
    if (made === undefined) continue
    if (recovering && persistence === 'unlogged') {
      unlogged.push(tableName({ schema, name }))
      continue
    }
    planning.list.add({
      kind: 'sequences',
      label: `set sequence ${tableName({ schema, name })}`,
      stage: STAGES.data,
      cost: SEQUENCE_MS,
      dependsOn: planning.list.stepsOf([made]),
      batch: 'sequences',
      work: { kind: 'sequences', sequences: [{ schema, name }] },
    })
  }
  return unlogged
}

function planLargeObjects(planning: Planning): void {
  for (const { fromOid, toOid, count, bytes } of planning.input.facts.largeObjects) {
    planning.list.add({
      kind: 'large-objects',
      label: `copy ${String(count)} large objects from ${String(fromOid)}`,
      stage: STAGES.data,
      bytes,
      cost: copyCost(bytes) + count * 0.02,
      work: { kind: 'large-objects', fromOid, toOid },
    })
  }
}
