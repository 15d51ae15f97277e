import type { Archive, Entry } from '../archive/index.ts'
import { SourceSnapshot, type TableFacts } from '../catalog/index.ts'
import { connect, type Session } from '../connection/index.ts'
import type { Part } from '../copy/index.ts'
import { PgleapError } from '../errors.ts'
import { copyForRehearsal, DEFAULT_JOBS, type RehearsalCopy } from '../migrate/index.ts'
import { tableName } from '../plan/index.ts'
import type {
  CheckResult,
  FailureReport,
  Phase,
  Prediction,
  RehearsalReport,
  RunReport,
  SpaceReport,
} from '../report/index.ts'
import { verify } from '../verify/index.ts'
import { failureOfStep } from './failures.ts'
import { predict } from './predict.ts'
import { rolesTo, type SchemaOutcome, type Stage } from './stage.ts'
import type { ScratchDatabase } from './scratch-database.ts'
import { bytesOf, estimateDumpFile, readSizes, spaceFromCatalog, sum } from './space.ts'

export interface DataOutcome {
  failures: RehearsalReport['failures']
  blocked: RehearsalReport['blocked']
  space: SpaceReport
  prediction?: Prediction
}

export interface DataOptions {
  archive: Archive
  scratch: ScratchDatabase
  schema: SchemaOutcome
  checks: readonly CheckResult[]
}

/** Smaller tables are copied whole: less than this would say nothing of a table. */
const LEAST_BLOCKS = 64

/**
 * Runs the real migration into a scratch database, of all rows or of a sample, and predicts the real run from what it took.
 */
export async function withData(stage: Stage, { archive, scratch, schema, checks }: DataOptions): Promise<DataOutcome> {
  const { options, log, source, kind, info } = stage
  const { signal, sample = 1, jobs = DEFAULT_JOBS } = options
  const shares = new Map<string, number>()
  await using session = await connect(scratch.connection, { side: 'target', purpose: 'rehearse', signal })
  const walBefore = await walPosition(session)
  let copy: RehearsalCopy
  try {
    copy = await copyForRehearsal({
      source: info,
      target: scratch.connection,
      sample: sample === 1 ? undefined : (tables) => sampleParts(tables, sample, shares),
      roleMap: rolesTo(session.user, archive),
      jobs,
      pgDump: options.pgDump,
      onEvent: (event) => {
        // The end of the copy is not that of the rehearsal, and what pg_dump warns of has been said.
        const said = event.type === 'notice' && log.notices.some(({ message }) => message === event.message)
        if (event.type !== 'finished' && !said) log.emit(event)
      },
      signal,
    })
  } catch (error) {
    if (!(error instanceof PgleapError && error.code === 'target.missing-extensions')) throw error
    log.notice({
      level: 'warning',
      code: 'rehearse.no-data',
      message: `No rows were copied, since the real run would not begin either: ${error.message}`,
      hint: 'Rehearse again when the extension is there.',
    })
    return { failures: [], blocked: [], space: await spaceFromCatalog(source) }
  }
  const walBytes = (await walPosition(session)) - walBefore
  const sizes = await sizesOf(session, shares, copy.tables)
  const verifyMs = await verifyingTook(stage, copy, scratch, sizes)
  return {
    ...newFailures(copy, schema, checks, sample),
    space: await spaceOf(source, copy, sizes, kind === 'embedded' ? walBytes : undefined),
    prediction: {
      version: 1,
      madeAt: new Date().toISOString(),
      source: info.describe(),
      server: kind,
      jobs,
      ...predict({
        tried: copy.plan,
        whole: copy.whole,
        steps: copy.report.steps,
        shares,
        jobs,
        runMs: phaseMs(copy.report, 'run'),
        // A real run checks before it reads; the rehearsal did that, too, before it copied.
        readMs: phaseMs(log, 'check') + phaseMs(copy.report, 'schema') + phaseMs(copy.report, 'plan'),
        verifyMs,
        otherMs: phaseMs(copy.report, 'finish'),
        server: kind,
      }),
      measured: ratesOf(copy, sizes, { verifyMs, walBytes }),
    },
  }
}

/** Blocks picked by chance from all over each table. Other access methods than the heap need not know TABLESAMPLE. */
function sampleParts(
  tables: readonly TableFacts[],
  sample: number,
  shares: Map<string, number>,
): ReadonlyMap<number, Part[]> {
  const parts = new Map<number, Part[]>()
  for (const table of tables) {
    if (table.kind !== 'table' || table.accessMethod !== 'heap' || table.extension !== undefined) continue
    const share = Math.max(sample, LEAST_BLOCKS / Math.max(1, table.blocks))
    if (share >= 1) continue
    parts.set(table.oid, [{ by: 'sample', percent: share * 100 }])
    shares.set(tableName(table), share)
  }
  return parts
}

async function walPosition(session: Session): Promise<number> {
  const [row] = await session.query<{ bytes: number }>(
    `select pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::int8 as bytes`,
  )
  return row?.bytes ?? 0
}

interface CopiedSizes {
  dataBytes: number
  indexBytes: number
  /** What all rows would take. */
  wholeDataBytes: number
  wholeIndexBytes: number
}

/** Small samples make room for more than they hold; what is new takes no more than what has been in use. */
async function sizesOf(
  session: Session,
  shares: ReadonlyMap<string, number>,
  onSource: readonly TableFacts[],
): Promise<CopiedSizes> {
  const { tables, sizes } = await readSizes(session)
  const known = new Map(onSource.map((table) => [tableName(table), table]))
  const whole = (table: TableFacts, bytes: (of: TableFacts) => number): number => {
    const share = shares.get(tableName(table)) ?? 1
    const source = known.get(tableName(table))
    return share === 1 || source === undefined ? bytes(table) : Math.min(bytes(table) / share, bytes(source))
  }
  return {
    ...sizes,
    wholeDataBytes: Math.round(sum(tables.map((table) => whole(table, bytesOf)))),
    wholeIndexBytes: Math.round(sum(tables.map((table) => whole(table, ({ indexBytes }) => indexBytes)))),
  }
}

/**
 * How long comparing the whole takes. A sample cannot be compared with its source; it is compared with itself, which reads
 * and hashes as many rows on both sides.
 */
async function verifyingTook(
  { options }: Stage,
  copy: RehearsalCopy,
  scratch: ScratchDatabase,
  sizes: CopiedSizes,
): Promise<number> {
  const { signal, sample = 1, jobs = DEFAULT_JOBS } = options
  if (sample === 1) return phaseMs(copy.report, 'verify')
  const open = (inner?: AbortSignal) =>
    connect(scratch.connection, { side: 'target', purpose: 'rehearse', signal: inner })
  const started = Date.now()
  await using one = await SourceSnapshot.take(open, { signal })
  await using other = await SourceSnapshot.take(open, { signal })
  await verify({ source: one, target: other, jobs, signal })
  // The schemas are compared as well, and both are read for that.
  return ((Date.now() - started) * sizes.wholeDataBytes) / Math.max(1, sizes.dataBytes) + phaseMs(copy.report, 'schema')
}

function phaseMs({ phases }: Pick<RunReport, 'phases'>, phase: Phase): number {
  return sum(phases.filter((one) => one.phase === phase).map(({ ms }) => ms))
}

async function spaceOf(
  source: Session,
  copy: RehearsalCopy,
  sizes: CopiedSizes,
  walBytes: number | undefined,
): Promise<SpaceReport> {
  const dump = await estimateDumpFile(source, copy.tables)
  const bytes = sizes.wholeDataBytes + sizes.wholeIndexBytes
  // On somebody's server others write WAL, too: there it is taken to be one image of each page.
  const perByte = walBytes === undefined ? 1 : walBytes / Math.max(1, sizes.dataBytes + sizes.indexBytes)
  return {
    basis: 'copy',
    dataBytes: sizes.wholeDataBytes,
    indexBytes: sizes.wholeIndexBytes,
    walBytes: Math.round(bytes * perByte),
    ...(dump === undefined ? {} : { dumpFileBytes: dump }),
  }
}

const MB = 1024 * 1024

function ratesOf(
  { report }: RehearsalCopy,
  sizes: CopiedSizes,
  { verifyMs, walBytes }: { verifyMs: number; walBytes: number },
): Prediction['measured'] {
  const ms = (...kinds: readonly string[]) =>
    sum(report.steps.filter(({ kind }) => kinds.includes(kind)).map((step) => step.ms))
  const perSecond = (bytes: number, took: number) => round(bytes / MB / (Math.max(1, took) / 1000))
  return {
    copyMbPerS: perSecond(sizes.dataBytes, ms('copy', 'large-objects')),
    indexMbPerS: perSecond(sizes.indexBytes, ms('index', 'key')),
    verifyMbPerS: perSecond(sizes.wholeDataBytes, verifyMs),
    walPerByte: round(walBytes / Math.max(1, sizes.dataBytes + sizes.indexBytes)),
  }
}

const round = (value: number): number => Math.round(value * 100) / 100

/** What failed with rows and had not failed without; in a sample, rows miss those that they refer to. */
function newFailures(
  { report }: RehearsalCopy,
  schema: SchemaOutcome,
  checks: readonly CheckResult[],
  sample: number,
): Pick<DataOutcome, 'failures' | 'blocked'> {
  const failedEntries = [...schema.outcomes].flatMap(([entry, { status }]) => (status === 'failed' ? [entry] : []))
  const isNew = ({ label, sqlstate }: FailureReport): boolean => {
    if (sample < 1 && sqlstate === FOREIGN_KEY_VIOLATION) return false
    return !failedEntries.some((entry) => label.includes(ownName(entry)))
  }
  const failed = report.failures.filter(isNew)
  const labels = new Set(failed.map(({ label }) => label))
  const different = report.differences.filter(({ verdict, kind }) => verdict === 'DIFFERENT' && kind === 'table')
  const told = [
    ...failed,
    ...different
      .filter(({ object }) => !report.failures.some(({ label }) => label.includes(object)))
      .map(({ object, detail = 'its rows differ' }) => ({ label: `table ${object}`, message: detail })),
  ]
  return {
    failures: told.map((failure) => {
      const names = failure.label.split(' ').filter((word) => word.includes('.'))
      return failureOfStep(failure, names, checks)
    }),
    blocked: report.blocked.flatMap(({ label, by }) => (labels.has(by) ? [{ object: label, because: by }] : [])),
  }
}

const FOREIGN_KEY_VIOLATION = '23503'

/** `orders_pkey` of the tag `orders orders_pkey`. */
function ownName({ tag }: Entry): string {
  return tag.split(' ').at(-1) ?? tag
}
