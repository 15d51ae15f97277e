import type { TableFacts } from '../catalog/index.ts'
import type { EmitEvent } from '../report/index.ts'
import { compareTable } from './content.ts'
import { type Moment, Readers } from './readers.ts'
import { type TableVerdict, type VerifyResult, worst } from './result.ts'
import type { HashDialect } from './row-hash.ts'
import { type TableSide, readTableSides, tableLabel } from './tables.ts'

export interface VerifyOptions {
  /** Sessions of either side, each side's all in one snapshot: `SourceSnapshot`s, or anything like them. */
  source: Moment
  target: Moment
  /** Contents, or numbers of rows alone. @defaultValue 'full' */
  mode?: 'full' | 'counts' | undefined
  /** Sessions that read at the same time on each side. @defaultValue 2 */
  jobs?: number | undefined
  /** Which tables of the source are compared: rows that were left out by request are not. @defaultValue all */
  includeRows?: ((table: Pick<TableFacts, 'oid' | 'schema' | 'name'>) => boolean) | undefined
  /** Differing rows that are listed of each table. @defaultValue 10 */
  maxDifferences?: number | undefined
  onEvent?: EmitEvent | undefined
  signal?: AbortSignal | undefined
}

/** Two sessions a side keep two servers busy; a table is read in pieces, so more cores are used by more jobs. */
const DEFAULT_JOBS = 2
const DEFAULT_DIFFERENCES = 10

/**
 * The readers' settings. Their own parallelism is the servers' load, so queries get no parallel workers on top of it, and
 * JIT compiles each of them anew for longer than it saves.
 */
const PREPARE = 'SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off'

/**
 * Compares two databases and says for everything SAME, DIFFERENT or UNKNOWN (D8). Reads only. What cannot be looked at (no
 * right to, a lock, a lost connection) is UNKNOWN and never SAME; a failure throws only where nothing at all can
 * be compared, and when the signal fires.
 */
export async function verify(options: VerifyOptions): Promise<VerifyResult> {
  const { mode = 'full', jobs = DEFAULT_JOBS, onEvent = () => {} } = options
  const signal = options.signal ?? new AbortController().signal
  await using source = new Readers(options.source, { limit: jobs, signal, prepare: PREPARE })
  await using target = new Readers(options.target, { limit: jobs, signal, prepare: PREPARE })
  const includeRows = options.includeRows ?? (() => true)
  const [ours, theirs] = await Promise.all([look(source, includeRows), look(target, () => true)])
  const dialect: HashDialect = {
    major: Math.min(ours.major, theirs.major),
    encodings: ours.encoding === theirs.encoding ? 'equal' : 'different',
  }
  const tables = await Promise.all(
    largestFirst(ours.tables).map(async (table) => {
      const result = await compareTable({ source, target }, table, theirs.tables.get(tableLabel(table.facts)), {
        mode,
        dialect,
        majors: { source: ours.major, target: theirs.major },
        maxDifferences: options.maxDifferences ?? DEFAULT_DIFFERENCES,
        signal,
      })
      report(onEvent, result)
      return result
    }),
  )
  return {
    verdict: worst(tables.map(({ verdict }) => verdict)),
    mode,
    tables: tables.toSorted((a, b) => (a.object < b.object ? -1 : 1)),
    sequences: [],
    largeObjects: [],
    schema: [],
  }
}

interface Side {
  major: number
  encoding: string
  tables: Map<string, TableSide>
}

async function look(readers: Readers, wanted: (table: TableFacts) => boolean): Promise<Side> {
  return readers.run(async (session) => {
    const [row] = await session.query<{ server_encoding: string }>('SHOW server_encoding')
    return {
      major: session.major,
      encoding: row?.server_encoding ?? '',
      tables: await readTableSides(session, wanted),
    }
  })
}

/** The longest work first, so that nothing long is left for the end. */
function largestFirst(tables: ReadonlyMap<string, TableSide>): TableSide[] {
  const bytes = ({ facts }: TableSide) => facts.heapBytes + facts.toastBytes
  return [...tables.values()].toSorted((a, b) => bytes(b) - bytes(a))
}

function report(onEvent: EmitEvent, { object, kind, verdict, rows, detail }: TableVerdict): void {
  onEvent({
    type: 'verified',
    at: Date.now(),
    object,
    kind,
    verdict,
    ...(rows === undefined ? {} : { rows }),
    ...(detail === undefined ? {} : { detail }),
  })
}
