import type { SequenceFacts } from '../catalog/index.ts'
import { qualified, quoteLiteral } from '../sql.ts'
import { mayBeUnknown, reasonOf } from './reason.ts'
import { COMPARING, type Moment, Readers } from './readers.ts'
import type { ObjectVerdict } from './result.ts'
import { allSettled } from './settled.ts'
import { tableLabel } from './tables.ts'

/** Sequences that are read in one statement. */
const BATCH = 200

/** Where a sequence stands; the value as text, as it may be any int8. */
export interface SequencePosition {
  lastValue: string
  isCalled: boolean
}

interface State extends SequencePosition {
  isAscending: boolean
}

/** `changing`: others write to the source meanwhile, and a sequence that has gone on there since it was copied is right. */
export type SourceIs = 'still' | 'changing'

/** Where a sequence stands, or why that cannot be read. */
type Reading = State | { unreadable: string }

export interface CompareSequencesOptions {
  sourceIs: SourceIs
  /** Where the source's stood before they were copied, by `schema.name`: nobody's drawing puts the target's behind that. */
  before: ReadonlyMap<string, SequencePosition>
  signal: AbortSignal
}

/**
 * Compares where sequences stand: last_value and is_called, read from the sequence itself (currval would be a session's).
 * A sequence is not transactional: what is compared is now, in any snapshot. Its definition is the schema's.
 */
export async function compareSequences(
  readers: { source: Readers; target: Readers },
  wanted: readonly SequenceFacts[],
  onTarget: readonly SequenceFacts[],
  { sourceIs, before, signal }: CompareSequencesOptions,
): Promise<ObjectVerdict[]> {
  const names = new Set(onTarget.map(tableLabel))
  const common = wanted.filter((sequence) => names.has(tableLabel(sequence)))
  const [source, target] = await allSettled([
    readStates(readers.source, common, signal),
    readStates(readers.target, common, signal),
  ])
  return wanted.map((sequence) => {
    const object = tableLabel(sequence)
    const ours = source.get(object)
    const theirs = target.get(object)
    if (ours === undefined || theirs === undefined) {
      return { object, kind: 'sequence', verdict: 'DIFFERENT', detail: 'missing on the target' }
    }
    if ('unreadable' in ours) return { object, kind: 'sequence', verdict: 'UNKNOWN', detail: ours.unreadable }
    if ('unreadable' in theirs) return { object, kind: 'sequence', verdict: 'UNKNOWN', detail: theirs.unreadable }
    if (isAt(ours, theirs)) {
      return { object, kind: 'sequence', verdict: 'SAME' }
    }
    const detail = `${describe(ours)} on the source, ${describe(theirs)} on the target`
    if (sourceIs === 'still' || !hasGoneOn(theirs, ours))
      return { object, kind: 'sequence', verdict: 'DIFFERENT', detail }
    const earlier = before.get(object)
    if (earlier === undefined || isAt(earlier, theirs) || hasGoneOn(earlier, theirs)) {
      return { object, kind: 'sequence', verdict: 'SAME', detail }
    }
    const atFirst = `${describe(earlier)} on the source before it was copied`
    return { object, kind: 'sequence', verdict: 'DIFFERENT', detail: `${detail}, ${atFirst}` }
  })
}

/**
 * Where these sequences of one side stand now, by `schema.name`, without those that cannot be read. None stays locked.
 */
export async function readSequencePositions(
  moment: Moment,
  sequences: readonly SequenceFacts[],
  signal: AbortSignal = new AbortController().signal,
): Promise<Record<string, SequencePosition>> {
  if (sequences.length === 0) return {}
  await using readers = new Readers(moment, { limit: 1, signal, prepare: COMPARING })
  const positions: Record<string, SequencePosition> = {}
  for (const [name, reading] of await readStates(readers, sequences, signal)) {
    if ('unreadable' in reading) continue
    positions[name] = { lastValue: reading.lastValue, isCalled: reading.isCalled }
  }
  return positions
}

function isAt(one: SequencePosition, other: SequencePosition): boolean {
  return one.lastValue === other.lastValue && one.isCalled === other.isCalled
}

function hasGoneOn(from: SequencePosition, to: State): boolean {
  const [before, after] = [BigInt(from.lastValue), BigInt(to.lastValue)]
  if (before === after) return to.isCalled
  return to.isAscending ? after > before : after < before
}

function describe({ lastValue, isCalled }: SequencePosition): string {
  return `${lastValue} (${isCalled ? 'used' : 'not used yet'})`
}

async function readStates(
  readers: Readers,
  sequences: readonly SequenceFacts[],
  signal: AbortSignal,
): Promise<Map<string, Reading>> {
  const batches: SequenceFacts[][] = []
  for (let at = 0; at < sequences.length; at += BATCH) batches.push(sequences.slice(at, at + BATCH))
  const read = await allSettled(
    batches.map(async (batch) => {
      try {
        return await readBatch(readers, batch)
      } catch (error) {
        mayBeUnknown(error, signal)
        // One of them cannot be read: each by itself tells which.
        return (await Promise.all(batch.map((sequence) => readOne(readers, sequence, signal)))).flat()
      }
    }),
  )
  return new Map(read.flat())
}

async function readOne(readers: Readers, sequence: SequenceFacts, signal: AbortSignal): Promise<[string, Reading][]> {
  try {
    return await readBatch(readers, [sequence])
  } catch (error) {
    mayBeUnknown(error, signal)
    return [[tableLabel(sequence), { unreadable: reasonOf(error) }]]
  }
}

async function readBatch(readers: Readers, batch: readonly SequenceFacts[]): Promise<[string, Reading][]> {
  const selects = batch.map(
    ({ schema, name }, place) =>
      `SELECT ${String(place)} AS place, last_value::pg_catalog.text AS last_value, is_called,
        (SELECT seqincrement > 0 FROM pg_catalog.pg_sequence
          WHERE seqrelid = ${quoteLiteral(qualified(schema, name))}::pg_catalog.regclass) AS is_ascending
       FROM ${qualified(schema, name)}`,
  )
  const rows = await readers.run((session) =>
    session.query<{ place: number; last_value: string; is_called: boolean; is_ascending: boolean }>(
      selects.join(' UNION ALL '),
    ),
  )
  return rows.flatMap(({ place, last_value, is_called, is_ascending }) => {
    const sequence = batch[place]
    return sequence === undefined
      ? []
      : [
          [tableLabel(sequence), { lastValue: last_value, isCalled: is_called, isAscending: is_ascending }] satisfies [
            string,
            Reading,
          ],
        ]
  })
}
