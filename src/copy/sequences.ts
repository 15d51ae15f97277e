import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { loadSql, qualified } from '../sql.ts'
import type { SequenceRef } from './spec.ts'

const setSql = loadSql(import.meta.url, 'set-sequences.sql')

/** Sequences in one statement: the reading one names each of them in a SELECT of its own. */
const BATCH = 200

export interface SequenceState extends SequenceRef {
  /** Text, as it may be any int8. */
  lastValue: string
  isCalled: boolean
}

/**
 * Reads where sequences stand. A sequence is not transactional: what is read is the value of now, in any snapshot, and
 * never behind the rows that the snapshot shows.
 *
 * @throws PgleapError `copy.sequence-read` naming the first sequence that cannot be read
 */
export async function readSequenceStates(
  session: Session,
  sequences: readonly SequenceRef[],
): Promise<SequenceState[]> {
  const states: SequenceState[] = []
  for (const batch of batches(sequences)) {
    states.push(...(await orNameTheFailing(session, batch, 'copy.sequence-read', (some) => readBatch(session, some))))
  }
  return states
}

/**
 * Sets sequences, in the caller's open transaction. setval itself is not undone by ROLLBACK, and doing it again is harmless.
 *
 * @throws PgleapError `copy.sequence-set` naming the first sequence that cannot be set
 */
async function setSequenceStates(session: Session, states: readonly SequenceState[]): Promise<void> {
  for (const batch of batches(states)) {
    await orNameTheFailing(session, batch, 'copy.sequence-set', (some) => setBatch(session, some))
  }
}

/**
 * Makes the target's sequences stand exactly where the source's stand: last_value and is_called.
 * Both sessions must be in a transaction.
 */
export async function copySequences(
  source: Session,
  target: Session,
  sequences: readonly SequenceRef[],
): Promise<{ rows: number }> {
  await setSequenceStates(target, await readSequenceStates(source, sequences))
  return { rows: sequences.length }
}

async function readBatch(session: Session, sequences: readonly SequenceRef[]): Promise<SequenceState[]> {
  const selects = sequences.map(
    ({ schema, name }, position) =>
      `SELECT ${String(position)} AS position, last_value::text, is_called FROM ${qualified(schema, name)}`,
  )
  const rows = await session.query<{ position: number; last_value: string; is_called: boolean }>(
    selects.join(' UNION ALL '),
  )
  return rows.flatMap((row) => {
    const sequence = sequences[row.position]
    return sequence === undefined
      ? []
      : [{ schema: sequence.schema, name: sequence.name, lastValue: row.last_value, isCalled: row.is_called }]
  })
}

async function setBatch(session: Session, states: readonly SequenceState[]): Promise<void> {
  await session.query(setSql, [
    states.map((state) => state.schema),
    states.map((state) => state.name),
    states.map((state) => state.lastValue),
    states.map((state) => state.isCalled),
  ])
}

/** Runs `work` on the batch; where it fails, again on one sequence at a time, to say which one it is. */
async function orNameTheFailing<S extends SequenceRef, T>(
  session: Session,
  batch: readonly S[],
  code: string,
  work: (some: readonly S[]) => Promise<T>,
): Promise<T> {
  try {
    return await inSavepoint(session, () => work(batch))
  } catch (error) {
    if (session.broken) throw error
    for (const sequence of batch) {
      try {
        await inSavepoint(session, () => work([sequence]))
      } catch (cause) {
        if (session.broken) throw cause
        throw new PgleapError({
          code,
          message: `Sequence ${sequence.schema}.${sequence.name}: ${cause instanceof Error ? cause.message : String(cause)}`,
          party: session.side,
          cause,
        })
      }
    }
    throw error
  }
}

async function inSavepoint<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.script('SAVEPOINT pgleap_sequences')
  try {
    const result = await work()
    await session.script('RELEASE SAVEPOINT pgleap_sequences')
    return result
  } catch (error) {
    if (!session.broken) {
      await session.script('ROLLBACK TO SAVEPOINT pgleap_sequences; RELEASE SAVEPOINT pgleap_sequences')
    }
    throw error
  }
}

function batches<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_, index) =>
    items.slice(index * BATCH, (index + 1) * BATCH),
  )
}
