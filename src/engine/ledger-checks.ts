import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'

/** The format of ledger.sql that this pgleap writes and reads. */
export const FORMAT = 2

/** How a schema pgleap is known as ours: the start of the comment that ledger.sql gives it. */
const MARK = 'The ledger of a pgleap run'

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  run: ['id', 'started_at', 'pgleap_version', 'source', 'snapshot', 'options', 'plan_hash', 'state'],
  step: 'id kind label table bytes cost stage dependsOn after locks batch work'.split(' '),
  done: ['step', 'run', 'finished_at', 'ms', 'bytes', 'rows'],
  failure: ['step', 'code', 'sqlstate', 'message', 'hint', 'at'],
}

/** Whether the target has a ledger. A schema pgleap that a user made for something else is refused, never touched. */
export async function findLedger(session: Session): Promise<boolean> {
  const [schema] = await session.query<{ comment: string | null }>(
    `SELECT pg_catalog.obj_description(oid, 'pg_namespace') AS comment
     FROM pg_catalog.pg_namespace WHERE nspname = 'pgleap'`,
  )
  if (schema === undefined) return false
  if (schema.comment?.startsWith(MARK) === true) return true
  throw new PgleapError({
    code: 'ledger.foreign-schema',
    message: 'The target has a schema "pgleap" that is not a ledger of pgleap.',
    hint: 'pgleap keeps its ledger in a schema of that name: rename yours for the time of the migration.',
    party: 'target',
  })
}

/** Throws `ledger.damaged` where a table or column of the ledger is missing or its format is not ours. */
export async function checkTables(session: Session): Promise<void> {
  const rows = await session.query<{ table: string; column: string }>(
    `SELECT class.relname AS "table", attribute.attname AS "column"
     FROM pg_catalog.pg_class class
     JOIN pg_catalog.pg_attribute attribute ON attribute.attrelid = class.oid
     WHERE class.relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'pgleap')
       AND class.relkind = 'r' AND attribute.attnum > 0 AND NOT attribute.attisdropped`,
  )
  const found = new Set(rows.map((row) => `${row.table}.${row.column}`))
  if (!found.has('format.version')) throw damaged('it does not say what format it has')
  const formats = await session.query<{ version: number }>('SELECT version FROM pgleap.format')
  const version = formats[0]?.version
  if (formats.length !== 1 || version !== FORMAT) {
    throw damaged(`its format is ${String(version)} where this pgleap knows ${String(FORMAT)}`)
  }
  for (const [table, columns] of Object.entries(COLUMNS)) {
    const missing = columns.find((column) => !found.has(`${table}.${column}`))
    if (missing !== undefined) throw damaged(`pgleap.${table} has no column ${missing}`)
  }
}

export function damaged(why: string): PgleapError {
  return new PgleapError({
    code: 'ledger.damaged',
    message: `The ledger on the target cannot be trusted: ${why}.`,
    hint: 'It was changed by something else than the pgleap that wrote it. Empty the target, schema pgleap included, and migrate again.',
    party: 'target',
  })
}
