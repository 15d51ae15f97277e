import { readSequences, type SequenceFacts, type TableFacts } from '../catalog/index.ts'
import { identifyServer } from '../connection/index.ts'
import type { EmitEvent } from '../report/index.ts'
import { compareTable } from './content.ts'
import { COMPARING, type Moment, Readers } from './readers.ts'
import { compareLargeObjects } from './large-objects.ts'
import { type ObjectVerdict, type TableVerdict, type VerifyResult, worst } from './result.ts'
import type { RoleChoices } from './roles.ts'
import type { HashDialect } from './row-hash.ts'
import { type SchemaPair, compareSchemas } from './schema.ts'
import { allSettled } from './settled.ts'
import { type SequencePosition, type SourceIs, compareSequences } from './sequences.ts'
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
  includeRows?: ((table: Pick<TableFacts, 'oid' | 'schema' | 'name' | 'extension'>) => boolean) | undefined
  /** Which sequences of the source are compared. @defaultValue all, but those of tables that are left out */
  includeSequence?: ((sequence: SequenceFacts) => boolean) | undefined
  /** Sequences have no snapshot: where others write to the source, they go on there. @defaultValue 'still' */
  sourceIs?: SourceIs | undefined
  /** Where the source's sequences stood before they were copied, by `schema.name`: one behind that was not carried over. @defaultValue not known */
  sequencesBefore?: ReadonlyMap<string, SequencePosition> | undefined
  /** Both schemas, where they are to be compared (`dumpSchema` reads them). */
  schema?: SchemaPair | undefined
  /** How roles were carried over. @defaultValue all of it, under the same names */
  roles?: Partial<RoleChoices> | undefined
  /** Differing rows that are listed of each table. @defaultValue 10 */
  maxDifferences?: number | undefined
  onEvent?: EmitEvent | undefined
  signal?: AbortSignal | undefined
}

/** Two sessions a side keep two servers busy; a table is read in pieces, so more cores are used by more jobs. */
const DEFAULT_JOBS = 2
const DEFAULT_DIFFERENCES = 10

/**
 * Compares two databases and says for everything SAME, DIFFERENT or UNKNOWN (D8). Reads only. What cannot be looked at (no
 * right to, a lock, a lost connection) is UNKNOWN and never SAME; a failure throws only where nothing at all can
 * be compared, and when the signal fires.
 */
export async function verify(options: VerifyOptions): Promise<VerifyResult> {
  const { mode = 'full', jobs = DEFAULT_JOBS, onEvent = () => {} } = options
  const signal = options.signal ?? new AbortController().signal
  await using source = new Readers(options.source, { limit: jobs, signal, prepare: COMPARING })
  await using target = new Readers(options.target, { limit: jobs, signal, prepare: COMPARING })
  const includeRows = options.includeRows ?? (() => true)
  const readers = { source, target }
  const [ours, theirs] = await allSettled([look(source, includeRows), look(target, () => true)])
  const majors = { source: ours.major, target: theirs.major }
  const dialect: HashDialect = {
    major: Math.min(ours.major, theirs.major),
    encodings: ours.encoding === theirs.encoding ? 'equal' : 'different',
  }
  const roles: RoleChoices = { owners: 'keep', privileges: 'keep', roleMap: new Map(), ...options.roles }
  const maxDifferences = options.maxDifferences ?? DEFAULT_DIFFERENCES

  const sequencesOfSource = ours.sequences.filter(options.includeSequence ?? notLeftOut(ours, theirs))
  // A standby has nothing of what is unlogged: there is nothing to compare with.
  const isShown = ({ persistence }: Pick<TableFacts, 'persistence'>) => !ours.recovering || persistence !== 'unlogged'

  const shown = [...ours.tables.values()].filter(({ facts }) => isShown(facts))
  const rows = largestFirst(shown).map(async (table) => {
    const other = theirs.tables.get(tableLabel(table.facts))
    const result = await compareTable(readers, table, other, { mode, dialect, majors, maxDifferences, signal })
    report(onEvent, result)
    return result
  })
  const [tables, sequences, largeObjects] = await allSettled([
    allSettled(rows),
    compareSequences(readers, sequencesOfSource.filter(isShown), theirs.sequences, {
      sourceIs: options.sourceIs ?? 'still',
      before: options.sequencesBefore ?? new Map(),
      signal,
    }),
    compareLargeObjects(readers, { ...roles, mode, signal }),
  ])
  const schema = options.schema === undefined ? [] : compareSchemas(options.schema, { ...roles, majors })
  for (const result of [...sequences, ...largeObjects]) report(onEvent, result)
  for (const result of schema) if (result.verdict !== 'SAME') report(onEvent, result)
  return {
    verdict: worst([...tables, ...sequences, ...largeObjects, ...schema].map(({ verdict }) => verdict)),
    mode,
    tables: tables.toSorted((a, b) => (a.object < b.object ? -1 : 1)),
    sequences,
    largeObjects,
    schema,
    unlogged: {
      tables: [...ours.tables.values()].flatMap(({ facts }) => (isShown(facts) ? [] : [tableLabel(facts)])),
      sequences: sequencesOfSource.filter((sequence) => !isShown(sequence)).map(tableLabel),
    },
    lost: source.lost ?? target.lost,
  }
}

interface Side {
  /** A standby. */
  recovering: boolean
  major: number
  encoding: string
  tables: Map<string, TableSide>
  /** OIDs of the tables, of any kind, that are not wanted. */
  leftOut: Set<number>
  sequences: SequenceFacts[]
}

async function look(readers: Readers, wanted: (table: TableFacts) => boolean): Promise<Side> {
  return readers.run(async (session) => {
    const [row] = await session.query<{ server_encoding: string }>('SHOW server_encoding')
    return {
      recovering: (await identifyServer(session)).recovering,
      major: session.major,
      encoding: row?.server_encoding ?? '',
      ...(await readTableSides(session, wanted)),
      sequences: await readSequences(session),
    }
  })
}

/** The longest work first, so that nothing long is left for the end. */
function largestFirst(tables: readonly TableSide[]): TableSide[] {
  return tables.toSorted((a, b) => bytesOf(b) - bytesOf(a))
}

function bytesOf({ facts }: TableSide): number {
  return facts.heapBytes + facts.toastBytes
}

/** A sequence that is not on the target because its table was left out is not missed. */
function notLeftOut({ leftOut }: Side, { sequences }: Side): (sequence: SequenceFacts) => boolean {
  const onTarget = new Set(sequences.map(tableLabel))
  return (sequence) =>
    sequence.tableOid === undefined || !leftOut.has(sequence.tableOid) || onTarget.has(tableLabel(sequence))
}

function report(onEvent: EmitEvent, { object, kind, verdict, detail, ...rest }: ObjectVerdict | TableVerdict): void {
  const rows = 'rows' in rest ? rest.rows : undefined
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
