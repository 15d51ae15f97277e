import { readLargeObjects, readSequences } from '../catalog/index.ts'
import { copyLargeObjects, copyPart, copySequences, readSequenceStates, type SequenceState } from '../copy/index.ts'
import type { Session } from '../connection/index.ts'
import { loadSql } from '../sql.ts'
import type { OnlineRecord } from './record.ts'
import type { TableRule } from './table-rules.ts'

const SEQUENCE_OFFSET = loadSql(import.meta.url, 'sequence-offset.sql')

const COLUMNS = `SELECT a.attname::text AS name FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = pg_catalog.format('%I.%I', $1::text, $2::text)::regclass
    AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum`

/**
 * Makes the passive side's sequences stand where the active side's stand, or `offset` further on; nobody draws from them now.
 */
export async function carrySequences(active: Session, passive: Session, offset: number): Promise<number> {
  // The target holds our own record beside the user's sequences.
  const sequences = (await readSequences(active)).filter(({ schema }) => schema !== 'pgleap_online')
  await inTransaction(active, () =>
    inTransaction(passive, async () => {
      await copySequences(active, passive, sequences)
      if (offset > 0) await moveOn(passive, await readSequenceStates(active, sequences), offset)
    }),
  )
  return sequences.length
}

async function moveOn(passive: Session, states: readonly SequenceState[], offset: number): Promise<void> {
  await passive.query(SEQUENCE_OFFSET, [
    offset,
    states.map(({ schema }) => schema),
    states.map(({ name }) => name),
    states.map(({ lastValue }) => lastValue),
  ])
}

/** Replaces all large objects of the passive side, which no stream carries (PostgreSQL docs, "Restrictions"). */
export async function replaceLargeObjects(
  active: Session,
  passive: Session,
  { owners, privileges, roleMap }: OnlineRecord['choices'],
): Promise<number> {
  const { ranges, count } = await readLargeObjects(active)
  await inTransaction(active, () =>
    inTransaction(passive, async () => {
      await passive.query('SELECT pg_catalog.count(pg_catalog.lo_unlink(oid)) FROM pg_catalog.pg_largeobject_metadata')
      for (const range of ranges) {
        await copyLargeObjects(active, passive, range, { owners, grants: privileges, roleMap })
      }
    }),
  )
  return count
}

/** Replaces the rows of the tables that are not streamed, each in a transaction of its own. */
export async function copyPausedTables(
  active: Session,
  passive: Session,
  tables: readonly TableRule[],
): Promise<number> {
  let rows = 0
  for (const { schema, name, rule, condition = '' } of tables) {
    if (rule !== 'paused') continue
    const columns = await active.query<{ name: string }>(COLUMNS, [schema, name])
    await inTransaction(passive, async () => {
      await withoutTriggers(passive)
      const moved = await copyPart(active, passive, {
        schema,
        name,
        columns: columns.map((column) => column.name),
        format: 'text',
        mode: 'whole',
        part: { by: 'condition', where: condition },
      })
      rows += moved.rows
    })
  }
  return rows
}

/**
 * For the rest of the transaction rows are put in place as the stream does it: no trigger of the user's writes to other tables
 * a second time, and no foreign key deletes or refuses. Whoever may not (before 15: all but superusers) goes on without.
 */
async function withoutTriggers(passive: Session): Promise<void> {
  const [row] = await passive.query<{ may: boolean }>(
    passive.major >= 15
      ? "SELECT pg_catalog.has_parameter_privilege('session_replication_role', 'SET') AS may"
      : 'SELECT rolsuper AS may FROM pg_catalog.pg_roles WHERE rolname = current_user',
  )
  if (row?.may === true) await passive.script('SET LOCAL session_replication_role = replica')
}

async function inTransaction(session: Session, work: () => Promise<void>): Promise<void> {
  await session.script('BEGIN')
  try {
    await work()
    await session.script('COMMIT')
  } catch (error) {
    if (!session.broken) await session.script('ROLLBACK')
    throw error
  }
}
