import type { SequenceFacts } from '../catalog/index.ts'
import { qualified, quoteLiteral } from '../sql.ts'
import { mayBeUnknown, reasonOf } from './reason.ts'
import type { Readers } from './readers.ts'
import type { ObjectVerdict } from './result.ts'
import { allSettled } from './settled.ts'
import { tableLabel } from './tables.ts'

/** Sequences that are read in one statement. */
const BATCH = 200

interface State {
  lastValue: string
  isCalled: boolean
  isAscending: boolean
}

/** `changing`: others write to the source meanwhile, and a sequence that has gone on there since it was copied is right. */
export type SourceIs = 'still' | 'changing'

/** Where a sequence stands, or why that cannot be read. */
type Reading = State | { unreadable: string }

/**
 * Compares where sequences stand: last_value and is_called, read from the sequence itself (currval would be a session's).
 * A sequence is not transactional: what is compared is now, in any snapshot. Its definition is the schema's.
 */
export async function compareSequences(
  readers: { source: Readers; target: Readers },
  wanted: readonly SequenceFacts[],
  onTarget: readonly SequenceFacts[],
  { sourceIs, signal }: { sourceIs: SourceIs; signal: AbortSignal },
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
    if (ours.lastValue === theirs.lastValue && ours.isCalled === theirs.isCalled) {
      return { object, kind: 'sequence', verdict: 'SAME' }
    }
    const detail = `${describe(ours)} on the source, ${describe(theirs)} on the target`
    if (sourceIs === 'changing' && hasGoneOn(theirs, ours)) return { object, kind: 'sequence', verdict: 'SAME', detail }
    return { object, kind: 'sequence', verdict: 'DIFFERENT', detail }
  })
}

function hasGoneOn(from: State, to: State): boolean {
  const [before, after] = [BigInt(from.lastValue), BigInt(to.lastValue)]
  if (before === after) return to.isCalled
  return to.isAscending ? after > before : after < before
}

function describe({ lastValue, isCalled }: State): string {
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
