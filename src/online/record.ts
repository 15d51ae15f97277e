import type { Session, Side } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { loadSql } from '../sql.ts'
import type { Before } from './freeze.ts'
import type { TableRule } from './table-rules.ts'

/**
 * `starting`: names are chosen, the slot may be there. `copying`: the slot holds the changes since the snapshot, and rows
 * are on their way. `streaming`: the passive side follows the active one. `switching`: a cutover or a rollback is under way.
 */
export type OnlinePhase = 'starting' | 'copying' | 'streaming' | 'switching'

/** The record of an online migration. Plain JSON, no secret (invariant 4). */
export interface OnlineRecord {
  id: string
  source: { describe: string; connection: string }
  /** Where one server finds the other, when that is not where we find it; without passwords. */
  reach: { sourceFromTarget: string | undefined; targetFromSource: string | undefined }
  tables: TableRule[]
  /** How roles and tablespaces were carried over, for every comparison. */
  choices: {
    owners: 'keep' | 'skip'
    privileges: 'keep' | 'skip'
    tablespaces: 'keep' | 'skip'
    roleMap: Readonly<Record<string, string>>
  }
  phase: OnlinePhase
  /** The side that the application writes to. */
  active: Side
  /** Roles of the application that we keep from logging in to a side while it is closed. */
  shutOut: Record<Side, string[]>
  /** How many cutovers and rollbacks have been started. */
  switches: number
  /** What was changed on a server and is set back at the end, in the order in which it was done. */
  changes: Change[]
  /** `without` where the source cannot follow the target: after the cutover there is no rollback. */
  wayBack: 'with' | 'without'
  /** Tables that the stream itself copies, after a copy that broke. */
  handedOver: { schema: string; name: string }[]
  /** What the databases themselves said about default_transaction_read_only before they were first closed; a side that is not here said nothing. */
  readOnlyBefore?: Partial<Record<Side, string>>
  /** Roles and subscriptions that may write to a closed side, as somebody has said. */
  acceptedWriters?: string[]
  /** Why the stream is over for good, where `watch` gave its slot up. */
  lost?: string
}

/** What `reopen` sets a side back to. */
export function before({ shutOut, readOnlyBefore }: OnlineRecord, side: Side): Before {
  return { roles: shutOut[side], readOnly: readOnlyBefore?.[side] }
}

/** One thing that we changed on a server, and the statement that sets it back. */
export interface Change {
  side: Side
  /** What a person calls it: `replica identity of public.log`. */
  what: string
  undo: string
  /** Whose replica identity it is. */
  table?: { schema: string; name: string }
}

const FORMAT = 1
const RECORD_SQL = loadSql(import.meta.url, 'record.sql')

/** Makes the record, durably, before anything else is made on either side (invariant 5). */
export async function createRecord(target: Session, record: OnlineRecord): Promise<void> {
  await durably(target, async () => {
    await target.script(RECORD_SQL)
    await target.query('INSERT INTO pgleap_online.migration (format, id, record) VALUES ($1, $2, $3)', [
      FORMAT,
      record.id,
      JSON.stringify(record),
    ])
  })
}

/** The record that the target holds, if any. @throws PgleapError `online.record` where it is not one of ours */
export async function readRecord(target: Session): Promise<OnlineRecord | undefined> {
  const [found] = await target.query(`SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'pgleap_online'`)
  if (found === undefined) return undefined
  const rows = await target.query<{ format: number; record: OnlineRecord }>(
    'SELECT format, record FROM pgleap_online.migration',
  )
  const [row] = rows
  if (rows.length !== 1 || row?.format !== FORMAT) {
    throw new PgleapError({
      code: 'online.record',
      message: 'The record of the online migration on the target is not one that this pgleap knows.',
      hint: 'Use the pgleap that began it.',
      party: 'target',
    })
  }
  return row.record
}

/** @throws PgleapError `online.none` where the target holds no online migration */
export async function theRecord(target: Session): Promise<OnlineRecord> {
  const record = await readRecord(target)
  if (record !== undefined) return record
  throw new PgleapError({
    code: 'online.none',
    message: `The database "${target.database}" is not the target of an online migration.`,
    hint: 'Begin one with `pgleap online start SOURCE TARGET`.',
    party: 'usage',
  })
}

/** Changes the record and returns it as it is now; a crash of the server does not lose it. */
export async function amend(
  target: Session,
  record: OnlineRecord,
  change: Partial<OnlineRecord>,
  where: 'by itself' | 'in this transaction' = 'by itself',
): Promise<OnlineRecord> {
  const update = async () => {
    // Only what changes: somebody who watches may have written down something else meanwhile.
    await target.query('UPDATE pgleap_online.migration SET record = record || $1::jsonb', [JSON.stringify(change)])
  }
  await (where === 'by itself' ? durably(target, update) : update())
  return { ...record, ...change }
}

export async function journal(
  target: Session,
  { switches }: OnlineRecord,
  line: { step: string; ms: number; detail?: object },
): Promise<void> {
  await target.query('INSERT INTO pgleap_online.journal (switch, step, ms, detail) VALUES ($1, $2, $3, $4)', [
    switches,
    line.step,
    line.ms,
    JSON.stringify(line.detail ?? {}),
  ])
}

export async function dropRecord(target: Session): Promise<void> {
  await target.script('DROP SCHEMA IF EXISTS pgleap_online CASCADE')
}

async function durably(target: Session, write: () => Promise<void>): Promise<void> {
  await target.script('BEGIN; SET LOCAL synchronous_commit = on')
  try {
    await write()
    await target.script('COMMIT')
  } catch (error) {
    if (!target.broken) await target.script('ROLLBACK')
    throw error
  }
}
