import type { Archive } from '../../archive/index.ts'
import {
  readDatabase,
  readExtensionReferences,
  readLargeObjects,
  readSequences,
  readTables,
  type LargeObjectFacts,
  type SourceSnapshot,
  type TableFacts,
} from '../../catalog/index.ts'
import { readSequenceStates, type SequenceState } from '../../copy/index.ts'
import { dumpSource, reservedSchemas, tablesOutside, type Providers } from '../../migrate/index.ts'
import type { RunLog } from '../../migrate/index.ts'
import type { ConnectionInfo, Session } from '../../connection/index.ts'
import { rowsStayBehind, selectEntries, type Selection } from '../../plan/index.ts'
import { loadSql } from '../../sql.ts'
import { withData, type DumpEntries, type ExtensionSequence } from './entries.ts'
import { readLargeObjectGroups } from './large-object-groups.ts'
import type { ArchiveChoices } from './options.ts'

const momentSql = loadSql(import.meta.url, 'moment.sql')
const rootsSql = loadSql(import.meta.url, 'partition-roots.sql')
const extensionSequencesSql = loadSql(import.meta.url, 'extension-sequences.sql')

export interface ReadOptions {
  source: ConnectionInfo
  openSource: (purpose: string, signal?: AbortSignal) => Promise<Session>
  providers: Providers
  choices: ArchiveChoices
  pgDump: string | undefined
  /** A standby shows no rows of unlogged tables. */
  recovering: boolean
  log: RunLog
  signal: AbortSignal
}

/** All that an archive says but the rows, read in the snapshot. */
export interface DumpReading extends DumpEntries {
  /** The tables whose rows are dumped. */
  facts: TableFacts[]
  sequences: SequenceState[]
  largeObjectFacts: LargeObjectFacts
  /** In which text travels, and which the archive names. */
  encoding: string
  serverEncoding: string
  excludedSchemas: string[]
  moment: { at: string; lsn: string | null }
}

/** Reads schema, facts and states in the snapshot, and makes the table of contents of them. */
export async function readForDump(snapshot: SourceSnapshot, options: ReadOptions): Promise<DumpReading> {
  const { keeper } = snapshot
  const { choices, log } = options
  const [moment] = await keeper.query<{ at: string; lsn: string | null }>(momentSql)
  const excludedSchemas = await reservedSchemas(keeper, options.providers)
  const dump = { ...options, servers: options, snapshot, without: excludedSchemas }
  const schema = await dumpSource({ ...dump, what: 'schema' })
  const statistics = choices.statistics === 'include' ? await dumpSource({ ...dump, what: 'statistics' }) : undefined
  const selection = selectEntries(schema, choices)
  noteLeftOut(selection, log)
  const facts = travelling(tablesOutside(await readTables(keeper), excludedSchemas), selection, options)
  const sequences = await readStates(keeper, { schema, selection, excludedSchemas, recovering: options.recovering })
  const { encoding } = await readDatabase(keeper)
  const largeObjectFacts = await readLargeObjects(keeper)
  const roots = await keeper.query<{ oid: number; schema: string; name: string }>(rootsSql)
  const entries = withData({
    archive: { ...schema, entries: selection.entries.map((entry) => inEncoding(entry, encoding)) },
    statistics,
    tables: facts,
    loadedThrough: new Map(roots.map(({ oid, ...root }) => [oid, root])),
    references: await readExtensionReferences(keeper),
    sequences,
    extensionSequences: await keeper.query<ExtensionSequence>(extensionSequencesSql),
    largeObjects: largeObjectFacts.count === 0 ? [] : await readLargeObjectGroups(keeper),
    format: choices.format === 'directory' ? 'directory' : 'custom',
    rows: choices.rows,
  })
  return {
    ...entries,
    facts,
    sequences,
    largeObjectFacts,
    encoding: encoding === SQL_ASCII ? SQL_ASCII : 'UTF8',
    serverEncoding: encoding,
    excludedSchemas,
    moment: moment ?? { at: new Date().toISOString(), lsn: null },
  }
}

const SQL_ASCII = 'SQL_ASCII'

/** pg_dump was asked for UTF8. Of a database that does not know what its bytes mean, they travel as they are. */
function inEncoding(entry: Archive['entries'][number], serverEncoding: string): Archive['entries'][number] {
  if (entry.desc !== 'ENCODING' || serverEncoding !== SQL_ASCII) return entry
  return { ...entry, defn: `SET client_encoding = '${SQL_ASCII}';\n` }
}

function noteLeftOut({ leftOut }: Selection, log: RunLog): void {
  for (const { desc, tag } of leftOut) {
    log.notice({
      level: 'warning',
      code: 'plan.left-out',
      message: `${desc} ${tag} is left out: it needs a table that a filter leaves out.`,
      object: tag,
    })
  }
}

function travelling(all: readonly TableFacts[], selection: Selection, { recovering, log }: ReadOptions): TableFacts[] {
  const stays = rowsStayBehind(selection)
  const tables = all.filter((table) => table.kind === 'table' && !stays(table))
  if (!recovering) return tables
  const unlogged = tables.filter(({ persistence }) => persistence === 'unlogged')
  for (const { schema, name } of unlogged) {
    log.notice({
      level: 'warning',
      code: 'dump.unlogged',
      message: `The rows of ${schema}.${name} are left out: the source is a standby, which has none of an unlogged table.`,
      object: `${schema}.${name}`,
    })
  }
  return tables.filter(({ persistence }) => persistence !== 'unlogged')
}

interface StatesOptions {
  schema: Archive
  selection: Selection
  excludedSchemas: readonly string[]
  recovering: boolean
}

/**
 * Of the sequences that are dumped; those of extensions have no entry of their own. A standby cannot read unlogged ones, and
 * pg_dump leaves them out there (makeTableDataInfo in pg_dump.c).
 */
async function readStates(
  keeper: Session,
  { schema, selection, excludedSchemas, recovering }: StatesOptions,
): Promise<SequenceState[]> {
  const all = sequencesIn(schema.entries)
  const kept = sequencesIn(selection.entries)
  const unlogged = recovering ? await keeper.query<{ oid: number }>(UNLOGGED_SEQUENCES) : []
  const unreadable = new Set(unlogged.map(({ oid }) => oid))
  const wanted = tablesOutside(await readSequences(keeper), excludedSchemas).filter(({ oid, ...sequence }) => {
    const name = `${sequence.schema}.${sequence.name}`
    return (kept.has(name) || !all.has(name)) && !selection.withoutData.has(oid) && !unreadable.has(oid)
  })
  return readSequenceStates(keeper, wanted)
}

const UNLOGGED_SEQUENCES = `SELECT c.oid::int8 AS oid FROM pg_catalog.pg_class c WHERE c.relkind = 'S' AND c.relpersistence = 'u'`

function sequencesIn(entries: Archive['entries']): Set<string> {
  return new Set(
    entries.flatMap(({ desc, namespace = '', tag }) => (desc === 'SEQUENCE' ? [`${namespace}.${tag}`] : [])),
  )
}
