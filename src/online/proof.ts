import { readWriteCounters, SourceSnapshot, writesBetween, type WriteCounters } from '../catalog/index.ts'
import type { Session, Side } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import type { Event } from '../report/index.ts'
import { dumpSchema } from '../pgdump/index.ts'
import { verify, type ObjectVerdict, type VerifyResult } from '../verify/index.ts'
import { readSchema, type SchemaObject } from './drift.ts'
import { drain, positionNow } from './fence.ts'
import type { OnlineSwitchOptions } from './options.ts'
import type { OnlineRecord } from './record.ts'
import type { Sides } from './sides.ts'

/** What was found the same while the stream ran, so that the pause need not look at it again. */
export interface Proven {
  /**
   * From before the comparison. A table whose counter has moved since is compared again: on the active side by the
   * application, on the passive by whoever was not kept out, or by the stream, which wrote the same on the active.
   */
  counters: Record<'active' | 'passive', WriteCounters>
  /** The passive side's, from before it was compared. */
  schema: readonly SchemaObject[]
  /** Tables, as `schema.name`, that are to be compared in the pause whatever their counters say. */
  open: ReadonlySet<string>
  /** Rows of pg_largeobject written so far; undefined where the two sides' objects were not the same. */
  largeObjects: Record<'active' | 'passive', number> | undefined
  /** How fast both sides were read, in bytes of the active side's tables a millisecond. */
  bytesPerMs: number
}

export interface Comparing {
  sides: Sides
  record: OnlineRecord
  options: OnlineSwitchOptions
  /** A session on the side that is written to. */
  active: Session
  passive: Session
  /** The slot of the stream that runs. */
  slot: string
}

/** The server shows rows that were written up to so long ago (pgstat.c, PGSTAT_MIN_INTERVAL), in milliseconds. */
const COUNTERS_LAG_MS = 1_200

/**
 * Compares everything, schema included, while the application writes and the stream runs: the passive side is read at a
 * moment when it had applied all that the active side showed. Rows that were written between the two moments may differ; so
 * what differs and was written to is left to the pause, and what differs and was not is a difference.
 *
 * @throws PgleapError `online.different`, `online.unknown`
 */
export async function proveWhileStreaming(comparing: Comparing): Promise<Proven> {
  const { sides, record, options, active, passive, slot } = comparing
  const signal = options.signal ?? new AbortController().signal
  const counters = { active: await readWriteCounters(active), passive: await readWriteCounters(passive) }
  const largeObjects = { active: await largeObjectWrites(active), passive: await largeObjectWrites(passive) }
  const schema = await readSchema(passive)
  await using first = await SourceSnapshot.take(() => sides.open(active.side, 'verify'), { signal })
  await drain(active, slot, await positionNow(active), signal)
  await using second = await SourceSnapshot.take(() => sides.open(passive.side, 'verify'), { signal })
  const moments = active.side === 'source' ? { source: first, target: second } : { source: second, target: first }
  const odd: Compared[] = []
  const result = await compare({
    sides,
    record,
    // What differs is told once it is known what it means.
    options: { ...options, onEvent: (event) => (isOdd(event) ? odd.push(event) : options.onEvent?.(event)) },
    moments,
    what: 'rows and schema',
    tables: () => true,
  })
  await active.query('SELECT pg_catalog.pg_sleep($1)', [COUNTERS_LAG_MS / 1000])
  const written = new Set(writtenSince(counters.active, await readWriteCounters(active)))
  const isOpen = ({ object, verdict }: Pick<ObjectVerdict, 'object' | 'verdict'>) =>
    // Tables that are not streamed follow in the pause, as sequences and large objects do.
    verdict !== 'SAME' && (written.has(object) || isPaused(record, object))
  for (const event of odd) options.onEvent?.(isOpen(event) || isForPause(event) ? changing(event) : event)
  const differing = [...result.tables, ...result.schema].filter((one) => one.verdict !== 'SAME' && !isOpen(one))
  refuse(differing, options)
  const bytes = await bytesOfTables(active)
  return {
    counters,
    schema,
    open: new Set([
      ...result.tables.filter(isOpen).map(({ object }) => object),
      ...record.tables.filter(({ rule }) => rule === 'paused').map(({ schema, name }) => `${schema}.${name}`),
    ]),
    largeObjects: result.largeObjects.every(({ verdict }) => verdict === 'SAME') ? largeObjects : undefined,
    bytesPerMs: Math.max(1, [...bytes.values()].reduce((sum, size) => sum + size, 0) / result.ms),
  }
}

type Compared = Extract<Event, { type: 'verified' }>

function isOdd(event: Event): event is Event & Compared {
  return event.type === 'verified' && event.verdict !== 'SAME'
}

/** Sequences and large objects are brought over in the pause, whatever they are now. */
function isForPause({ kind }: Compared): boolean {
  return kind === 'sequence' || kind === 'large objects'
}

/** No difference: two moments were looked at, and the application has written between them. */
function changing({ kind, object }: Compared): Event {
  return {
    type: 'notice',
    at: Date.now(),
    level: 'info',
    code: 'online.changing',
    object: `${kind} ${object}`,
    message: 'It is changing, and is compared again in the pause.',
  }
}

/**
 * What the comparison in the pause will take, in milliseconds, were writes to stop now.
 */
export async function expectedProofMs(proven: Proven, active: Session, passive: Session): Promise<number> {
  const bytes = await bytesOfTables(active)
  const again = [...proven.open, ...(await writtenOnEither(proven, active, passive))]
  return [...new Set(again)].reduce((sum, table) => sum + (bytes.get(table) ?? 0), 0) / proven.bytesPerMs
}

/**
 * Before 15 the server shows counters that may be half a second old (pgstat.c, PGSTAT_STAT_INTERVAL); from 15 on what a
 * session wrote is counted when it has ended. In milliseconds.
 */
const OLD_COUNTERS_MS = 520
const SHARED_COUNTERS = 15

/**
 * Compares, while nobody writes, what was written to since it was found the same, all sequences and large objects.
 *
 * @param still when the last writers' sessions had ended on both sides, as performance.now() tells it
 * @throws PgleapError `online.different`, and `online.unknown` unless that is accepted
 */
export async function proveInPause(comparing: Comparing, proven: Proven, still: number): Promise<void> {
  const { active, passive } = comparing
  const readWritten = () => writtenOnEither(proven, active, passive)
  const again = new Set([...proven.open, ...(await readWritten())])
  await proveStill(comparing, again, 'with sequences')
  if (active.major >= SHARED_COUNTERS && passive.major >= SHARED_COUNTERS) return
  await active.query('SELECT pg_catalog.pg_sleep($1)', [
    Math.max(0, still + OLD_COUNTERS_MS - performance.now()) / 1000,
  ])
  const late = (await readWritten()).filter((table) => !again.has(table))
  if (late.length > 0) await proveStill(comparing, new Set(late), 'rows alone')
}

async function proveStill(
  { sides, record, options }: Comparing,
  wanted: ReadonlySet<string>,
  what: 'with sequences' | 'rows alone',
): Promise<void> {
  const { signal } = options
  const [source, target] = await Promise.all([
    SourceSnapshot.take(() => sides.open('source', 'verify'), { signal }),
    SourceSnapshot.take(() => sides.open('target', 'verify'), { signal }),
  ])
  await using _source = source
  await using _target = target
  const tables = (table: string) => wanted.has(table)
  const result = await compare({ sides, record, options, moments: { source, target }, what, tables })
  refuse(
    verdictsOf(result).filter(({ verdict }) => verdict !== 'SAME'),
    options,
  )
}

interface CompareOptions {
  sides: Sides
  record: OnlineRecord
  options: OnlineSwitchOptions
  moments: Record<Side, SourceSnapshot>
  what: 'rows and schema' | 'with sequences' | 'rows alone'
  tables: (name: string) => boolean
}

/** `ms` is what it took without reading the schemas. */
async function compare({
  sides,
  record,
  options,
  moments,
  what,
  tables,
}: CompareOptions): Promise<VerifyResult & { ms: number }> {
  const { signal, onEvent, jobs, sequenceOffset = 0 } = options
  const { owners, privileges, tablespaces, roleMap } = record.choices
  const dump = (side: Side) =>
    dumpSchema({
      source: sides[side],
      open: () => sides.open(side, 'pg_dump'),
      snapshot: moments[side].exported,
      args: ['--exclude-schema=pgleap', '--exclude-schema=pgleap_online'],
      ...(signal === undefined ? {} : { signal }),
    })
  const schema =
    what === 'rows and schema'
      ? { schema: { source: await dump('source'), target: await dump('target'), tablespaces } }
      : {}
  const began = performance.now()
  const result = await verify({
    ...moments,
    jobs,
    includeRows: ({ schema: of, name }) => tables(`${of}.${name}`),
    // With an offset they are meant to differ.
    includeSequence: () => what === 'with sequences' && sequenceOffset === 0,
    ...schema,
    roles: { owners, privileges, roleMap: new Map(Object.entries(roleMap)) },
    onEvent,
    signal,
  })
  return { ...result, ms: performance.now() - began }
}

/** Whether the large objects may differ, so that the pause has to replace them. */
export async function largeObjectsMayDiffer(
  { largeObjects: proven }: Proven,
  active: Session,
  passive: Session,
): Promise<boolean> {
  return (
    proven === undefined ||
    proven.active !== (await largeObjectWrites(active)) ||
    proven.passive !== (await largeObjectWrites(passive))
  )
}

async function largeObjectWrites(session: Session): Promise<number> {
  const [row] = await session.query<{ writes: number }>(
    `SELECT n_tup_ins + n_tup_upd + n_tup_del AS writes FROM pg_catalog.pg_stat_sys_tables
     WHERE relid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass`,
  )
  return row?.writes ?? 0
}

async function writtenOnEither({ counters }: Proven, active: Session, passive: Session): Promise<string[]> {
  return [
    ...writtenSince(counters.active, await readWriteCounters(active)),
    ...writtenSince(counters.passive, await readWriteCounters(passive)),
  ]
}

/**
 * Tables that were written to, or to which a write was tried; that were emptied, rewritten or made. All of them, where the
 * counters have begun anew: after a crash of the server they do not tell.
 */
function writtenSince(before: WriteCounters, after: WriteCounters): string[] {
  const earlier = new Map(before.tables.map(({ oid, writes }) => [oid, writes]))
  const isAnew = after.tables.some(({ oid, writes }) => writes < (earlier.get(oid) ?? 0))
  if (isAnew) return after.tables.map(({ schema, name }) => `${schema}.${name}`)
  const writes = writesBetween(before, after)
  if (writes.found === 'none') return []
  const files = new Map(before.tables.map(({ oid, file }) => [oid, file]))
  const rewritten = after.tables.filter(({ oid, file }) => files.get(oid) !== file)
  const written = [...(writes.found === 'tables' ? writes.tables : []), ...rewritten]
  return [...new Set(written.map(({ schema, name }) => `${schema}.${name}`))]
}

function isPaused({ tables }: OnlineRecord, object: string): boolean {
  return tables.some(({ schema, name, rule }) => rule === 'paused' && `${schema}.${name}` === object)
}

function verdictsOf(result: VerifyResult): ObjectVerdict[] {
  return [...result.tables, ...result.sequences, ...result.largeObjects, ...result.schema]
}

async function bytesOfTables(session: Session): Promise<Map<string, number>> {
  const rows = await session.query<{ name: string; bytes: number }>(
    `SELECT n.nspname || '.' || c.relname AS name, pg_catalog.pg_table_size(c.oid)::int8 AS bytes
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'pgleap', 'pgleap_online')`,
  )
  return new Map(rows.map(({ name, bytes }) => [name, bytes]))
}

function refuse(odd: readonly ObjectVerdict[], { unknown = 'refuse' }: OnlineSwitchOptions): void {
  const differs = odd.filter(({ verdict }) => verdict === 'DIFFERENT')
  const worst = differs.length > 0 ? differs : odd
  if (worst.length === 0 || (differs.length === 0 && unknown === 'accept')) return
  const names = worst.slice(0, 5).map(({ object, detail = '' }) => `${object}${detail === '' ? '' : ` (${detail})`}`)
  const list = `${names.join(', ')}${worst.length > 5 ? ` and ${String(worst.length - 5)} more` : ''}`
  throw new PgleapError(
    differs.length > 0
      ? {
          code: 'online.different',
          message: `The two sides differ: ${list}.`,
          hint: 'Writes go on where they went before. Mend it on the side that follows, or begin again: `pgleap online abort`, then `start`.',
          party: 'difference',
        }
      : {
          code: 'online.unknown',
          message: `It could not be found out whether the two sides are the same: ${list}.`,
          hint: 'Writes go on where they went before. Mend the reason, or open all the same with --accept-unknown.',
          party: 'difference',
        },
  )
}
