import type { SourceSnapshot } from '../../catalog/index.ts'
import { readLargeObjects } from '../../catalog/index.ts'
import { entryOptions } from '../../migrate/index.ts'
import { loadsViaRoot, type Selection } from '../../plan/index.ts'
import {
  readContentSums,
  type ContentSums,
  type LargeObjectSum,
  type ObjectVerdict,
  type TableSum,
  type TableVerdict,
} from '../../verify/index.ts'
import type { CompareOptions } from './compare.ts'
import { withinTree } from './compare-trees.ts'
import { changedLargeObjects } from './compare-large-objects.ts'
import { oidsOf } from './large-object-grants.ts'

export interface ContentsOptions extends CompareOptions {
  moment: SourceSnapshot
  selection: Selection
}

/** A table whose rows the archive holds and this run brings. */
interface Expected {
  schema: string
  name: string
  /** Undefined where nobody knows. */
  rows: number | undefined
  /** The root of the partition tree that they are loaded through; undefined where that is the table itself. */
  root: string | undefined
}

/** Compares rows and large objects with the manifest's sums, or, without these, as far as numbers go. */
export async function compareContents(
  options: ContentsOptions,
): Promise<{ tables: TableVerdict[]; largeObjects: ObjectVerdict[] }> {
  const { moment, jobs, onEvent, signal, files } = options
  const content = files.manifest?.content
  const expected = expectedTables(options)
  const sums = content === undefined ? undefined : sumsFor(content, expected)
  const mode = options.mode === 'full' && sums?.mode === 'full' ? 'full' : 'counts'
  const wanted = sums ?? countsFor(expected)
  const byName = new Map(wanted.tables.map((table) => [labelOf(table), table]))
  const rowsOf = new Map(expected.map((table) => [labelOf(table), table.rows]))
  const verdictOn = (label: string, found: TableSum | undefined): TableVerdict => {
    const before = sums === undefined ? undefined : byName.get(label)
    return before === undefined ? countVerdict(label, found, rowsOf.get(label)) : sumVerdict(label, found, before)
  }
  const tell = ({ object, kind, verdict, rows, detail }: TableVerdict) => {
    const more = { ...(rows === undefined ? {} : { rows }), ...(detail === undefined ? {} : { detail }) }
    onEvent({ type: 'verified', at: Date.now(), object, kind, verdict, ...more })
  }
  const trees = treesOf(expected)
  const found = await readContentSums(moment, {
    mode,
    jobs,
    like: { ...wanted, mode },
    unreadable: 'list',
    onTable: (table) => {
      if (!trees.has(labelOf(table))) tell(verdictOn(labelOf(table), table))
    },
    signal,
  })
  const now = new Map(found.tables.map((table) => [labelOf(table), table]))
  const tables = expected
    .map((table) => labelOf(table))
    .toSorted()
    .map((label) => {
      const own = verdictOn(label, now.get(label))
      const tree = trees.get(label)
      if (tree === undefined) return own
      const verdict = withinTree(
        own,
        tree.map((member) => ({ wanted: sums && byName.get(member), found: now.get(member) })),
      )
      tell(verdict)
      return verdict
    })
  return { tables, largeObjects: await compareLargeObjects(options, sums, found.largeObjects) }
}

function expectedTables({ view, selection, took }: ContentsOptions): Expected[] {
  const byId = new Map(view.archive.entries.map((entry) => [entry.dumpId, entry]))
  return selection.entries.flatMap((entry): Expected[] => {
    if (entry.desc !== 'TABLE DATA') return []
    const table = entry.dependencies.map((id) => byId.get(id)).find((one) => one?.desc === 'TABLE')
    if (table !== undefined && selection.withoutData.has(table.catalogOid.object)) return []
    const name = { schema: entry.namespace ?? '', name: entry.tag }
    // What is loaded through the root of a partition tree may lie in any partition.
    if (!loadsViaRoot(entry)) return [{ ...name, rows: took?.get(labelOf(name)), root: undefined }]
    return [{ ...name, rows: undefined, root: entry.defn || entry.copyStmt }]
  })
}

/** For each table that is loaded through the root of its partition tree, all that are loaded through that. */
function treesOf(expected: readonly Expected[]): Map<string, string[]> {
  const byRoot = new Map<string, string[]>()
  const trees = new Map<string, string[]>()
  for (const table of expected) {
    if (table.root === undefined) continue
    const tree = byRoot.get(table.root) ?? []
    tree.push(labelOf(table))
    byRoot.set(table.root, tree)
    trees.set(labelOf(table), tree)
  }
  return trees
}

function sumsFor(content: ContentSums, expected: readonly Expected[]): ContentSums {
  const names = new Set(expected.map(labelOf))
  return { ...content, tables: content.tables.filter((table) => names.has(labelOf(table))) }
}

/** Sums that say nothing but which tables are counted. */
function countsFor(expected: readonly Expected[]): ContentSums {
  return {
    mode: 'counts',
    dialect: { major: 0, encodings: 'equal' },
    encoding: 'UTF8',
    tables: expected.map(({ schema, name }) => ({ schema, name, columns: [], rows: 0, hash: undefined })),
    largeObjects: [],
  }
}

export function sumVerdict(label: string, found: TableSum | undefined, wanted: TableSum): TableVerdict {
  if (found === undefined) return verdictOf(label, 'DIFFERENT', { detail: 'missing on the target' })
  if (found.unreadable !== undefined) return verdictOf(label, 'UNKNOWN', { detail: found.unreadable })
  const rows = { rows: wanted.rows, targetRows: found.rows }
  if (wanted.rows !== found.rows) {
    return verdictOf(label, 'DIFFERENT', {
      ...rows,
      detail: `${String(wanted.rows)} rows in the archive, ${String(found.rows)} on the target`,
    })
  }
  if (found.hash === undefined || found.hash === wanted.hash) return verdictOf(label, 'SAME', rows)
  return verdictOf(label, 'DIFFERENT', { ...rows, detail: 'as many rows as in the archive, with another content' })
}

/** Equal numbers are no proof: that is UNKNOWN. */
function countVerdict(label: string, found: TableSum | undefined, came: number | undefined): TableVerdict {
  if (found === undefined) return verdictOf(label, 'DIFFERENT', { detail: 'missing on the target' })
  if (found.unreadable !== undefined) return verdictOf(label, 'UNKNOWN', { detail: found.unreadable })
  if (came === undefined) return verdictOf(label, 'UNKNOWN', { targetRows: found.rows })
  const rows = { rows: came, targetRows: found.rows }
  return came === found.rows
    ? verdictOf(label, 'UNKNOWN', rows)
    : verdictOf(label, 'DIFFERENT', {
        ...rows,
        detail: `${String(came)} rows came in, ${String(found.rows)} are on the target`,
      })
}

function verdictOf(
  label: string,
  verdict: TableVerdict['verdict'],
  rest: Partial<Pick<TableVerdict, 'detail' | 'rows' | 'targetRows'>>,
): TableVerdict {
  const dot = label.indexOf('.')
  const [schema, name] = [label.slice(0, dot), label.slice(dot + 1)]
  return { object: label, kind: 'table', schema, name, verdict, differences: [], ...rest }
}

const LARGE_OBJECTS = { object: 'all of them', kind: 'large objects' } as const

async function compareLargeObjects(
  { moment, files, view, mode, extra }: ContentsOptions,
  sums: ContentSums | undefined,
  found: readonly LargeObjectSum[],
): Promise<ObjectVerdict[]> {
  const { count } = await readLargeObjects(moment.keeper)
  const inArchive = view.archive.entries.reduce((sum, entry) => sum + objectsIn(entry), 0)
  const wanted = sums === undefined ? inArchive : sums.largeObjects.reduce((sum, range) => sum + range.count, 0)
  if (wanted === 0 && (count === 0 || extra === 'ignore')) return []
  if (count < wanted || (extra === 'report' && count !== wanted)) {
    const detail = `${String(wanted)} in the archive, ${String(count)} on the target`
    return [{ ...LARGE_OBJECTS, verdict: 'DIFFERENT', detail }]
  }
  const { owners = 'keep', privileges = 'keep', roleMap } = entryOptions(view.choices)
  const changed = await changedLargeObjects(moment.keeper, view.archive, { owners, privileges, roleMap })
  if (changed !== undefined) return [{ ...LARGE_OBJECTS, verdict: 'DIFFERENT', detail: changed }]
  if (sums === undefined) {
    return [{ ...LARGE_OBJECTS, verdict: 'UNKNOWN', detail: `${String(count)} of them, as in the archive` }]
  }
  const unreadable = found.find((range) => range.unreadable !== undefined)
  if (unreadable !== undefined) return [{ ...LARGE_OBJECTS, verdict: 'UNKNOWN', detail: unreadable.unreadable ?? '' }]
  const other = sums.largeObjects.findIndex((range, at) => {
    const now = found[at]
    return now === undefined || now.count !== range.count || (mode === 'full' && now.sha256 !== range.sha256)
  })
  const range = sums.largeObjects[other]
  if (range === undefined) {
    const isProved = mode === 'counts' || files.manifest?.content?.mode === 'full'
    return [{ ...LARGE_OBJECTS, verdict: isProved ? 'SAME' : 'UNKNOWN' }]
  }
  const detail = `another content among ${String(range.fromOid)} to ${String(range.toOid)}`
  return [{ ...LARGE_OBJECTS, verdict: 'DIFFERENT', detail }]
}

function objectsIn(entry: { desc: string; defn: string }): number {
  if (entry.desc === 'BLOB') return 1
  return entry.desc === 'BLOB METADATA' ? oidsOf(entry).length : 0
}

function labelOf({ schema, name }: { schema: string; name: string }): string {
  return `${schema}.${name}`
}
