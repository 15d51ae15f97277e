import { dataForm, type Entry } from '../archive/index.ts'
import { copyCost, statementCost } from './costs.ts'
import { planObject, tableName } from './planning.ts'
import { lockOf, type RestorePlan, type RestorePlanning } from './restore-planning.ts'
import { STAGES } from './step-list.ts'
import { loadsViaRoot } from './via-root.ts'

/** Tables up to this size are copied many to a transaction. */
const SMALL_TABLE_BYTES = 1024 * 1024

/** Rows, sequences and large objects. Returns the tables whose rows are copied. */
export function planData(planning: RestorePlanning, entries: readonly Entry[]): RestorePlan['tables'] {
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
  const viaRoot = loadsViaRoot(entry) || mayLoadViaRoot(planning, entry, table)
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

/** The first major of which every pg_dump says so of INSERT statements, too; among the minors of older ones only the newer do. */
const SAYS_SO = 16

/** Whether INSERT statements of a partition may name the table at the top of its tree, without the archive saying so. */
function mayLoadViaRoot({ input, roots }: RestorePlanning, entry: Entry, table: Entry | undefined): boolean {
  if (dataForm(entry) !== 'inserts' || table === undefined || !roots.has(table.dumpId)) return false
  return Number.parseInt(input.archive.pgDumpVersion, 10) < SAYS_SO
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
