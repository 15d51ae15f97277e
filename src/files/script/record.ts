import type { Session } from '../../connection/index.ts'
import { dropLedger, findLedger } from '../../engine/index.ts'
import { PgleapError } from '../../errors.ts'
import { loadSql } from '../../sql.ts'
import type { MessageSort } from '../../report/index.ts'
import { Messages, type NewMessage, type StoredMessage } from './messages.ts'

const RECORD_SQL = loadSql(import.meta.url, 'record.sql')
/** The format of record.sql. */
const VERSION = 1
const POLL_MS = 50

export interface RunIdentity {
  sha256: string
  bytes: number
  existingRoles: readonly string[]
}

export interface RecordedRun extends RunIdentity {
  /** Offsets at which it may go on; `standing` says at which. */
  places: readonly number[]
}

/** Where a run stands by its record. */
export interface Standing {
  /** Bytes of the script that are done. */
  doneTo: number
  /** The statement behind them runs outside of transactions and was begun: it may be done, too. */
  maybeDone: boolean
}

/**
 * Reads what the target holds of a run of a script; undefined where there is none.
 *
 * @throws PgleapError `ledger.foreign-schema`, `ledger.exists` where it is another run's ledger, `ledger.damaged`
 */
export async function readRecord(session: Session): Promise<RecordedRun | undefined> {
  if (!(await findLedger(session))) return undefined
  if (!(await holdsScriptRecord(session))) throw otherRun()
  const rows = await session.query<{
    version: number
    sha256: string
    bytes: number
    existing_roles: string[]
    done_to: number
    next_to: number | null
  }>('SELECT version, sha256, bytes, existing_roles, done_to, next_to FROM pgleap.script')
  const [row] = rows
  if (row === undefined || rows.length > 1 || row.version !== VERSION) throw damaged()
  const { sha256, bytes, existing_roles: existingRoles } = row
  return { sha256, bytes, existingRoles, places: [row.done_to, row.next_to ?? row.done_to] }
}

/** Whether the target holds the record of a script, as against that of another run. */
export async function holdsScriptRecord(session: Session): Promise<boolean> {
  const [table] = await session.query<{ script: boolean }>(
    `SELECT pg_catalog.to_regclass('pgleap.script') IS NOT NULL AS script`,
  )
  return table?.script === true
}

/** Makes the record of a run that begins. */
export async function createRecord(session: Session, run: RunIdentity, pgleapVersion: string): Promise<void> {
  await session.script('BEGIN; SET LOCAL synchronous_commit = on')
  try {
    await session.script(RECORD_SQL)
    await session.query(
      `INSERT INTO pgleap.script (version, pgleap_version, sha256, bytes, existing_roles, done_to)
       VALUES ($1, $2, $3, $4, $5, 0)`,
      [VERSION, pgleapVersion, run.sha256, run.bytes, run.existingRoles],
    )
    await session.script('COMMIT')
  } catch (error) {
    if (!session.broken) await session.script('ROLLBACK')
    throw error
  }
}

/** The record of the run that goes on, written on a session of its own in the database that the user named. */
export class ScriptRecord {
  readonly #open: () => Session

  /** `open` gives the session of the moment. */
  constructor(open: () => Session) {
    this.#open = open
  }

  get #session(): Session {
    return this.#open()
  }

  /**
   * Where the run stands. A commit whose answer was lost is looked up; one that is still under way belongs to a server
   * process that a killed pgleap has left behind, and is ended.
   */
  async standing(): Promise<Standing> {
    for (;;) {
      const [row] = await this.#session.query<{
        done_to: number
        next_to: number | null
        next_xid: string | null
        fate: string | null
      }>(
        `SELECT done_to, next_to, next_xid,
                CASE WHEN next_xid IS NOT NULL THEN pg_catalog.txid_status(next_xid::bigint) END AS fate
           FROM pgleap.script`,
      )
      if (row === undefined) throw damaged()
      if (row.next_to === null) return { doneTo: row.done_to, maybeDone: false }
      if (row.next_xid === null) return { doneTo: row.done_to, maybeDone: true }
      if (row.fate === 'committed') return { doneTo: row.next_to, maybeDone: false }
      if (row.fate === 'aborted') return { doneTo: row.done_to, maybeDone: false }
      if (row.fate !== 'in progress') throw damaged()
      await this.#session.query(
        `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_locks
          WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted
            AND transactionid::text::bigint = $1::bigint & 4294967295`,
        [row.next_xid],
      )
      await this.#session.query('SELECT pg_catalog.pg_sleep($1)', [POLL_MS / 1000])
    }
  }

  async messages(): Promise<Messages> {
    const rows = await this.#session.query<Record<string, string | number | null>>(
      `SELECT id, sort, line, last_line AS "lastLine", times, database, statement, sqlstate, message, reason, missing, follows
         FROM pgleap.script_message ORDER BY id`,
    )
    return new Messages(rows.map(stored))
  }

  /** To be sent in the transaction of a statement that works in this very database. Plain ASCII, whatever the session's settings. */
  static doneSql(doneTo: number): string {
    return `UPDATE pgleap.script SET done_to = ${BigInt(doneTo).toString()}, next_to = NULL, next_xid = NULL`
  }

  /** Says what another session is about to commit, or to run outside of a transaction. */
  async announce(doneTo: number, next: { to: number; xid: string | undefined }): Promise<void> {
    await this.#session.query('UPDATE pgleap.script SET done_to = $1, next_to = $2, next_xid = $3', [
      doneTo,
      next.to,
      next.xid ?? null,
    ])
  }

  /** Moves on, with what there is to say about it, in one transaction. */
  async done(doneTo: number, messages: readonly StoredMessage[] = [], gone: readonly string[] = []): Promise<void> {
    const session = this.#session
    await session.script('BEGIN')
    try {
      await session.script(ScriptRecord.doneSql(doneTo))
      for (const one of messages) await this.#store(one)
      if (gone.length > 0) {
        await session.query(
          `UPDATE pgleap.script SET existing_roles =
             ARRAY(SELECT role FROM pg_catalog.unnest(existing_roles) AS role WHERE role <> ALL ($1::text[]))`,
          [gone],
        )
      }
      await session.script('COMMIT')
    } catch (error) {
      if (!session.broken) await session.script('ROLLBACK')
      throw error
    }
  }

  /** Ends the run: the record goes, and all that was committed before survives a crash of the server. */
  async drop(): Promise<void> {
    await this.#session.script('SET synchronous_commit = on')
    await dropLedger(this.#session)
  }

  async #store(message: StoredMessage): Promise<void> {
    await this.#session.query(
      `INSERT INTO pgleap.script_message
         (id, sort, line, last_line, times, database, statement, sqlstate, message, reason, missing, follows)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
       ON CONFLICT (id) DO UPDATE SET last_line = excluded.last_line, times = excluded.times`,
      [
        message.id,
        message.sort,
        message.line,
        message.lastLine,
        message.times,
        message.database,
        message.statement,
        message.sqlstate ?? null,
        message.message,
        message.reason ?? null,
        message.missing ?? null,
        message.follows ?? null,
      ],
    )
  }
}

function stored(row: Record<string, string | number | null>): StoredMessage {
  const text = (name: keyof NewMessage) => (typeof row[name] === 'string' ? row[name] : undefined)
  const { sort, follows } = row
  if (!isSort(sort)) throw damaged()
  return {
    id: Number(row['id']),
    sort,
    line: Number(row['line']),
    lastLine: Number(row['lastLine']),
    times: Number(row['times']),
    database: text('database') ?? '',
    statement: text('statement') ?? '',
    message: text('message') ?? '',
    sqlstate: text('sqlstate'),
    reason: text('reason'),
    missing: text('missing'),
    follows: typeof follows === 'number' ? follows : undefined,
  }
}

const SORTS = ['error', 'expected', 'left-out', 'granted', 'warning']

function isSort(value: unknown): value is MessageSort {
  return typeof value === 'string' && SORTS.includes(value)
}

function otherRun(): PgleapError {
  return new PgleapError({
    code: 'ledger.exists',
    message: 'The target holds the ledger of another run already.',
    hint: 'Finish that run with `pgleap resume`, or drop schema pgleap (and what the run has made) to start anew.',
    party: 'target',
  })
}

function damaged(): PgleapError {
  return new PgleapError({
    code: 'ledger.damaged',
    message: 'The record of the script on the target cannot be trusted: it is not as this pgleap writes it.',
    hint: 'Empty the target, schema pgleap included, and restore again.',
    party: 'target',
  })
}
