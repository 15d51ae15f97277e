import { readLargeObjects, readSequences } from '../catalog/index.ts'
import { copyLargeObjects, copyPart, copySequences, readSequenceStates, type SequenceState } from '../copy/index.ts'
import type { Session } from '../connection/index.ts'
import { loadSql } from '../sql.ts'
import { inTransaction } from './in-transaction.ts'
import { mayCopyQuietly } from './quiet-copy.ts'
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

/** Each object that is removed or given away takes a lock until the transaction ends, and the server has room for some thousands. */
const OBJECTS_AT_ONCE = 1_000

/**
 * Replaces all large objects of the passive side, which no stream carries (PostgreSQL docs, "Restrictions"), so many at a
 * time. What breaks in the middle is seen by the next comparison, and done again.
 */
export async function replaceLargeObjects(
  active: Session,
  passive: Session,
  { owners, privileges, roleMap }: OnlineRecord['choices'],
): Promise<number> {
  for (const { fromOid, toOid } of (await readLargeObjects(passive, { perRange: OBJECTS_AT_ONCE })).ranges) {
    await passive.query(
      `SELECT pg_catalog.count(pg_catalog.lo_unlink(oid)) FROM pg_catalog.pg_largeobject_metadata
       WHERE oid BETWEEN $1::oid AND $2::oid`,
      [fromOid, toOid],
    )
  }
  const { ranges, count } = await readLargeObjects(active, { perRange: OBJECTS_AT_ONCE })
  for (const range of ranges) {
    await inTransaction(active, () =>
      inTransaction(passive, async () => {
        await copyLargeObjects(active, passive, range, { owners, grants: privileges, roleMap })
      }),
    )
  }
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
 * a second time, and no foreign key deletes or refuses. Where our role may not, nothing hangs on the tables (`assertQuietCopy`).
 */
async function withoutTriggers(passive: Session): Promise<void> {
  if (await mayCopyQuietly(passive)) await passive.script('SET LOCAL session_replication_role = replica')
}
