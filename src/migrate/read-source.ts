import type { Archive } from '../archive/index.ts'
import {
  holdTables,
  listTables,
  readDatabase,
  readDatabaseLabels,
  readExtensionReferences,
  readForeignKeys,
  readIndexes,
  readLargeObjects,
  readSequences,
  readTables,
  readWriteCounters,
  SourceSnapshot,
  type DatabaseFacts,
  type DatabaseLabel,
  type TableFacts,
  type WriteCounters,
} from '../catalog/index.ts'
import { planParts, readKeyBoundaries, wantsKeyBoundaries, type Part } from '../copy/index.ts'
import { identifyServer, type Session } from '../connection/index.ts'
import { dumpSchema } from '../pgdump/index.ts'
import type { PlanFacts } from '../plan/index.ts'
import type { Chosen } from './choices.ts'
import { reservedSchemas, tablesOutside, withoutSchemas, type Providers } from './providers.ts'
import { assertReadable } from './readable.ts'
import type { RunLog } from './run-log.ts'
import type { Servers } from './servers.ts'

/** How long the first locks may take, in milliseconds: somebody's ALTER TABLE is in the way then, and is named. */
const LOCK_TIMEOUT_MS = 30_000

export interface TakeOptions {
  choices: Chosen
  /** Whose reserved schemas are passed over. */
  providers?: Providers | undefined
  /** Name of a snapshot that was exported together with a replication slot. */
  imported?: string | undefined
  earlier?: string | undefined
  whenLost?: 'refuse' | 'replace' | undefined
  signal?: AbortSignal | undefined
}

/** The run's one moment of the source (invariant 2), with every table locked against being dropped or truncated. */
export async function takeSnapshot(
  servers: Pick<Servers, 'openSource'>,
  { choices, providers, ...options }: TakeOptions,
): Promise<SourceSnapshot> {
  return SourceSnapshot.take((signal) => servers.openSource('snapshot', signal), {
    ...options,
    onKeeper: async (keeper) => {
      // A service's own tables stay behind, and our role may not even lock them.
      const reserved = providers === undefined ? [] : await reservedSchemas(keeper, providers)
      const tables = tablesOutside(await listTables(keeper), reserved)
      await assertReadable(keeper, tables, { filters: choices, without: reserved })
      // With a slot, the stream brings what happens to the tables meanwhile. The application goes on there, and must not be kept
      // from a TRUNCATE: we would wait behind it, and it for us, which no server notices.
      if (options.imported !== undefined) return
      await holdTables(keeper, tables, { lockTimeoutMs: LOCK_TIMEOUT_MS, signal: options.signal })
    },
  })
}

/** Everything that a plan is made of. */
export interface SourceReading {
  archive: Archive
  /** Planner statistics as pg_dump writes them; undefined where the target cannot take them. */
  statistics: Archive | undefined
  facts: PlanFacts
  database: DatabaseFacts
  /** Of the database itself. */
  labels: DatabaseLabel[]
  /** What had been written to each table shortly before the snapshot. */
  writes: WriteCounters
}

export interface ReadOptions {
  /** Reserved schemas, which stay behind. */
  without: readonly string[]
  pgDump?: string | undefined
  targetMajor: number
  log: RunLog
  signal?: AbortSignal | undefined
}

/** Reads schema and facts in the snapshot, one after the other: of 10,000 tables, each takes its tens of megabytes. */
export async function readSource(
  servers: Servers,
  snapshot: SourceSnapshot,
  options: ReadOptions,
): Promise<SourceReading> {
  const dump = { ...options, servers, snapshot }
  const archive = await dumpSource({ ...dump, what: 'schema' })
  const statistics = options.targetMajor >= 18 ? await dumpSource({ ...dump, what: 'statistics' }) : undefined
  return { archive, statistics, ...(await readFacts(snapshot.keeper)) }
}

export interface DumpSourceOptions {
  servers: Pick<Servers, 'source' | 'openSource'>
  snapshot: SourceSnapshot
  what: 'schema' | 'statistics'
  /** Where the SQL is to run; undefined where nobody knows yet, as for files. */
  targetMajor?: number
  /** Reserved schemas, which stay behind. */
  without: readonly string[]
  pgDump?: string | undefined
  log: RunLog
  signal?: AbortSignal | undefined
}

/**
 * Another major has other keywords: the server writes expressions and arguments, and quotes what is one to itself (PostgreSQL docs, pg_dump,
 * --quote-all-identifiers). A target that is not known may be of any.
 */
export function quotingFor(source: number, target: number | undefined): 'needed' | 'all' {
  return source === target ? 'needed' : 'all'
}

/** What pg_dump says of the source in the run's snapshot. */
export function dumpSource({
  servers,
  snapshot,
  what,
  targetMajor,
  without,
  pgDump,
  log,
  signal,
}: DumpSourceOptions): Promise<Archive> {
  return dumpSchema({
    source: servers.source,
    open: (inner) => servers.openSource('pg_dump', inner),
    snapshot: snapshot.exported,
    what,
    quote: what === 'schema' ? quotingFor(snapshot.keeper.major, targetMajor) : 'needed',
    args: withoutSchemas(without),
    ...(pgDump === undefined ? {} : { pgDumpPath: pgDump }),
    ...(signal === undefined ? {} : { signal }),
    onWarning: (line) => {
      log.notice({ level: 'warning', code: 'pgdump.warning', message: line })
    },
  })
}

async function readFacts(keeper: Session): Promise<Pick<SourceReading, 'facts' | 'database' | 'labels' | 'writes'>> {
  const database = await readDatabase(keeper)
  const { recovering } = await identifyServer(keeper)
  const tables = await readTables(keeper)
  const largeObjects = await readLargeObjects(keeper)
  const bytesPerObject = largeObjects.bytes / Math.max(1, largeObjects.count)
  return {
    facts: {
      encoding: database.encoding,
      recovering,
      tables,
      indexes: await readIndexes(keeper, tables),
      foreignKeys: await readForeignKeys(keeper, tables),
      sequences: await readSequences(keeper),
      references: await readExtensionReferences(keeper),
      largeObjects: largeObjects.ranges.map((range) => ({ ...range, bytes: Math.round(range.count * bytesPerObject) })),
    },
    database,
    labels: await readDatabaseLabels(keeper),
    writes: await readWriteCounters(keeper),
  }
}

/** Parts are at least this large: below, one more session gains nothing. */
const LEAST_PART_BYTES = 64 * 1024 * 1024
const MOST_PARTS = 64

/** Cuts the large tables, so that all of `jobs` workers have a share of the largest. */
export async function cutTables(
  keeper: Session,
  tables: readonly TableFacts[],
  options: { jobs: number; partSize: number | undefined },
): Promise<Map<number, Part[]>> {
  const total = tables.reduce((sum, table) => sum + table.heapBytes + table.toastBytes, 0)
  const targetPartBytes = options.partSize ?? Math.max(LEAST_PART_BYTES, Math.ceil(total / (options.jobs * 4)))
  const limits = { major: keeper.major, targetPartBytes, maxParts: MOST_PARTS }
  const parts = new Map<number, Part[]>()
  for (const table of tables) {
    if (table.extension !== undefined) continue
    const wanted = wantsKeyBoundaries(table, limits)
    const boundaries = wanted === undefined ? undefined : await readKeyBoundaries(keeper, table, wanted)
    const cut = planParts(table, limits, boundaries)
    if (cut.length > 1) parts.set(table.oid, cut)
  }
  return parts
}
