import { copyOfRows, type Archive, type Entry } from '../../archive/index.ts'
import type { TableFacts } from '../../catalog/index.ts'
import type { SequenceState } from '../../copy/index.ts'
import { unreachable } from '../../errors.ts'
import { referencedFirst, type References } from '../../plan/index.ts'
import { qualified, quoteIdent, quoteLiteral } from '../../sql.ts'
import type { LargeObjectGroup } from './large-object-groups.ts'
import { grantsSql } from './large-object-groups.ts'
import { placeStatistics } from './statistics.ts'

/** A table whose rows are dumped, with its entry. */
export interface DumpedTable {
  facts: TableFacts
  entry: Entry
  /** The form of its rows. */
  rows: 'text' | 'binary'
}

export interface DumpedLargeObjects {
  group: LargeObjectGroup
  entry: Entry
}

export interface EntriesInput {
  /** The schema, without data. */
  archive: Archive
  /** What pg_dump says of the planner's statistics; undefined where nobody wants them. */
  statistics: Archive | undefined
  tables: readonly TableFacts[]
  /** By the OID of a partition: the table at its root, where rows have to be loaded through that (see `partition-roots.sql`). */
  loadedThrough: ReadonlyMap<number, { schema: string; name: string }>
  /** Foreign keys that are there before the rows are: see `readExtensionReferences`. */
  references: References
  sequences: readonly SequenceState[]
  /** Those of `sequences` that an extension makes. */
  extensionSequences: readonly ExtensionSequence[]
  largeObjects: readonly LargeObjectGroup[]
  /** How the archive names where data lies. */
  format: 'directory' | 'custom'
  /** `binary` where the types of a table allow it. */
  rows: 'text' | 'binary'
}

export interface ExtensionSequence {
  schema: string
  name: string
  owner: string
  extension: string
}

export interface DumpEntries {
  archive: Archive
  tables: DumpedTable[]
  largeObjects: DumpedLargeObjects[]
}

/**
 * The archive with entries for data, as pg_dump would have made them (dumpTableData, dumpSequenceData, dumpLO and
 * dumpLOs in pg_dump.c), and in its order (pg_dump_sort.c): tables, sequences, large objects, each by schema and name,
 * after everything of pre-data. Pure.
 */
export function withData(input: EntriesInput): DumpEntries {
  const { archive } = input
  const ids = new Ids(archive.entries)
  const tables = tablesData(input, ids)
  const ofExtensions = new Map(input.extensionSequences.map((sequence) => [labelOf(sequence), sequence]))
  const sequences = input.sequences
    .toSorted(byName)
    .map((state) => sequenceSet(state, { ids, made: ofExtensions.get(labelOf(state)) }))
  const batches = input.largeObjects.toSorted((one, other) => compareBytes(nameOf(one), nameOf(other)))
  const metadata = batches.map((group) => ({ group, entries: metadataEntries(group, ids) }))
  const largeObjects = metadata.map(({ group, entries: [made] }) => ({
    group,
    entry: {
      ...blank(ids.next(), input.format === 'directory' ? 'blobs' : 'custom'),
      tag: nameOf(group),
      desc: 'BLOBS',
      owner: group.owner,
      dependencies: made === undefined ? [] : [made.dumpId],
    },
  }))
  const firstAfter = archive.entries.findIndex(({ section }) => section === 'post-data')
  const border = firstAfter === -1 ? archive.entries.length : firstAfter
  const entries = [
    ...archive.entries.slice(0, border),
    ...tables.map(({ entry }) => entry),
    ...sequences,
    ...metadata.flatMap((group) => group.entries),
    ...largeObjects.map(({ entry }) => entry),
    ...archive.entries.slice(border),
  ]
  const whole = { ...archive, format: input.format, entries }
  const { statistics } = input
  return {
    archive: statistics === undefined ? whole : placeStatistics(whole, statistics, () => ids.next()),
    tables,
    largeObjects,
  }
}

const RELATIONS = new Set(['TABLE', 'SEQUENCE'])

/** Numbers for new entries, and what makes a relation. */
class Ids {
  readonly #made = new Map<string, Entry>()
  readonly #extensions = new Map<string, number>()
  #last = 0

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) {
      const { dumpId, dependencies, desc, namespace, tag } = entry
      for (const id of dependencies) this.#last = Math.max(this.#last, id)
      this.#last = Math.max(this.#last, dumpId)
      if (RELATIONS.has(desc)) this.#made.set(labelOf({ schema: namespace ?? '', name: tag }), entry)
      if (desc === 'EXTENSION') this.#extensions.set(tag, dumpId)
    }
  }

  next(): number {
    this.#last += 1
    return this.#last
  }

  /** What makes the relation: its own entry, or that of the extension that it belongs to. */
  of(relation: { schema: string; name: string }, extension: string | undefined): number[] {
    const id = this.made(relation)?.dumpId ?? this.#extensions.get(extension ?? '')
    return id === undefined ? [] : [id]
  }

  made(relation: { schema: string; name: string }): Entry | undefined {
    return this.#made.get(labelOf(relation))
  }
}

/** Rows wait for those that they refer to, where the extension has made the foreign key before either is there. */
function tablesData(input: EntriesInput, ids: Ids): DumpedTable[] {
  const { references } = input
  const order = referencedFirst(input.tables.toSorted(byName), { oidOf: ({ oid }) => oid, references })
  const done = new Map<number, number>()
  return order.map((facts) => {
    const rows = input.rows === 'binary' ? formOf(facts) : 'text'
    const entry = tableData(facts, { ...input, rows }, ids)
    done.set(facts.oid, entry.dumpId)
    const needed = (references.get(facts.oid) ?? []).flatMap((oid) => done.get(oid) ?? [])
    return { facts, rows, entry: { ...entry, dependencies: [...entry.dependencies, ...needed] } }
  })
}

/**
 * A row without columns could not be told from the end of the rows. The table of an extension may have other types in the version that
 * the target has: text is read as whatever they are.
 */
function formOf({ columns, extension }: TableFacts): 'text' | 'binary' {
  const kept = columns.filter(({ generated }) => generated === 'no')
  return extension === undefined && kept.length > 0 && kept.every(({ binarySafe }) => binarySafe) ? 'binary' : 'text'
}

function tableData(facts: TableFacts, { loadedThrough, format, rows }: EntriesInput, ids: Ids): Entry {
  const root = loadedThrough.get(facts.oid)
  const into = root ?? facts
  const columns = facts.columns.filter(({ generated }) => generated === 'no').map(({ name }) => quoteIdent(name))
  const list = columns.length === 0 ? '' : ` (${columns.join(', ')})`
  return {
    ...blank(ids.next(), format),
    catalogOid: { table: 0, object: facts.oid },
    tag: facts.name,
    desc: 'TABLE DATA',
    namespace: facts.schema,
    owner: facts.owner,
    // pg_restore truncates no table before it loads rows that say so (is_load_via_partition_root in pg_backup_archiver.c).
    defn: root === undefined ? '' : `-- load via partition root ${qualified(root.schema, root.name)}`,
    copyStmt: copyOfRows(`${qualified(into.schema, into.name)}${list}`, rows),
    dependencies: ids.of(facts, facts.extension?.name),
  }
}

function sequenceSet(state: SequenceState, { ids, made }: { ids: Ids; made: ExtensionSequence | undefined }): Entry {
  const { schema, name, lastValue, isCalled } = state
  const sequence = quoteLiteral(qualified(schema, name)).trimStart()
  return {
    ...blank(ids.next(), 'none'),
    tag: name,
    desc: 'SEQUENCE SET',
    namespace: schema,
    owner: ids.made(state)?.owner ?? made?.owner,
    defn: `SELECT pg_catalog.setval(${sequence}, ${lastValue}, ${String(isCalled)});\n`,
    dependencies: ids.of(state, made?.extension),
  }
}

/** The objects' OIDs, and what is said of them: grants as of the first one, which pg_restore repeats for each (IssueACLPerBlob). */
function metadataEntries(group: LargeObjectGroup, ids: Ids): Entry[] {
  const made: Entry = {
    ...blank(ids.next(), 'none'),
    catalogOid: { table: LARGE_OBJECTS, object: group.oids[0] ?? 0 },
    tag: nameOf(group),
    desc: 'BLOB METADATA',
    owner: group.owner,
    defn: group.oids.map((oid) => `${String(oid)}\n`).join(''),
    dropStmt: '-- dummy',
  }
  const about = (desc: string, tag: string, defn: string): Entry => ({
    ...blank(ids.next(), 'none'),
    tag,
    desc,
    section: 'none',
    owner: group.owner,
    defn,
    dependencies: [made.dumpId],
  })
  const remarks = group.remarks.flatMap(({ oid, comment, labels }) => {
    const tag = `LARGE OBJECT ${String(oid)}`
    // The labels of all providers are one entry (dumpSecLabel in pg_dump.c).
    const labelling = labels.map(({ provider, text }) => {
      return `SECURITY LABEL FOR ${quoteIdent(provider)} ON ${tag} IS ${quoteLiteral(text).trimStart()};\n`
    })
    return [
      ...(comment === undefined
        ? []
        : [about('COMMENT', tag, `COMMENT ON ${tag} IS ${quoteLiteral(comment).trimStart()};\n`)]),
      ...(labelling.length === 0 ? [] : [about('SECURITY LABEL', tag, labelling.join(''))]),
    ]
  })
  const grants = grantsSql(group)
  const of = group.oids.length === 1 ? `LARGE OBJECT ${nameOf(group)}` : `LARGE OBJECTS ${nameOf(group)}`
  return [made, ...remarks, ...(grants === '' ? [] : [about('ACL', of, grants)])]
}

/** OID of the catalog pg_largeobject, under which pg_dump knows large objects. */
const LARGE_OBJECTS = 2613

function nameOf({ oids }: LargeObjectGroup): string {
  const [first] = oids
  return oids.length === 1 ? String(first) : `${String(first)}..${String(oids.at(-1))}`
}

function blank(dumpId: number, data: 'directory' | 'blobs' | 'custom' | 'none'): Entry {
  return {
    dumpId,
    catalogOid: { table: 0, object: 0 },
    tag: '',
    desc: '',
    section: 'data',
    defn: '',
    dropStmt: '',
    copyStmt: '',
    namespace: undefined,
    tablespace: undefined,
    tableAccessMethod: undefined,
    relkind: undefined,
    owner: undefined,
    dependencies: [],
    hadDumper: data !== 'none',
    data: dataOf(dumpId, data),
  }
}

function dataOf(dumpId: number, data: 'directory' | 'blobs' | 'custom' | 'none'): Entry['data'] {
  switch (data) {
    case 'none':
      return undefined
    case 'custom':
      return { in: 'custom', offset: undefined }
    case 'blobs':
      return { in: 'directory', file: `blobs_${String(dumpId)}.toc` }
    case 'directory':
      return { in: 'directory', file: `${String(dumpId)}.dat` }
    default:
      return unreachable(data)
  }
}

function labelOf({ schema, name }: { schema: string; name: string }): string {
  return qualified(schema, name)
}

/** As C's strcmp orders UTF-8. */
function byName(one: { schema: string; name: string }, other: { schema: string; name: string }): number {
  return compareBytes(one.schema, other.schema) || compareBytes(one.name, other.name)
}

function compareBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}
