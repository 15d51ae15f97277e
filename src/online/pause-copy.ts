import { readSequences } from '../catalog/index.ts'
import { copyPart, copySequences } from '../copy/index.ts'
import type { Session } from '../connection/index.ts'
import type { TableRule } from './table-rules.ts'

const COLUMNS = `SELECT a.attname::text AS name FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = pg_catalog.format('%I.%I', $1::text, $2::text)::regclass
    AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum`

/** Makes the passive side's sequences stand where the active side's stand; nobody draws from them now. */
export async function carrySequences(active: Session, passive: Session): Promise<number> {
  // The target holds our own record beside the user's sequences.
  const sequences = (await readSequences(active)).filter(({ schema }) => schema !== 'pgleap_online')
  await inTransaction(active, () =>
    inTransaction(passive, async () => {
      await copySequences(active, passive, sequences)
    }),
  )
  return sequences.length
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
