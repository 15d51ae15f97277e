import type { DatabaseError, ServerFields, Session } from '../../connection/index.ts'
import { runStatements, type StatementBytes, type StatementOutcome } from '../../wire/index.ts'
import { ScriptRecord } from './record.ts'

/** The places of the script before and behind what is done. */
export interface Step {
  from: number
  to: number
}

export interface Done {
  error: DatabaseError | undefined
  warnings: readonly ServerFields[]
}

/** A transaction cannot do that (PreventInTransactionBlock in xact.c), or it ends transactions itself. */
const OUTSIDE_ONLY: readonly string[] = ['25001', '2D000']

/**
 * Makes a statement and the record of it one (invariant 1): in the record's own database, and as the user himself, they commit together;
 * else the transaction's number is recorded before its commit, so that the server can be asked what became of it.
 */
export class Transactor {
  readonly #session: Session
  readonly #record: ScriptRecord
  readonly #way: 'together' | 'announced'

  constructor(session: Session, record: ScriptRecord, way: 'together' | 'announced') {
    this.#session = session
    this.#record = record
    this.#way = way
  }

  /** Runs a statement in a transaction of its own, or outside of one where the server asks for that. */
  async statement(sql: StatementBytes, step: Step): Promise<Done & { outside?: true }> {
    if (this.#way === 'together') {
      const [, own, mark, end] = await runStatements(this.#session, [
        'BEGIN',
        sql,
        ScriptRecord.doneSql(step.to),
        'COMMIT',
      ])
      if (own?.error !== undefined && isOutsideOnly(own.error)) return this.#outside(sql, step)
      return doneOf(own, mark, end)
    }
    const [, own] = await runStatements(this.#session, ['BEGIN', sql])
    if (own?.error !== undefined) {
      await this.rollBack()
      return isOutsideOnly(own.error) ? this.#outside(sql, step) : doneOf(own)
    }
    return doneOf(own, await this.commit(step))
  }

  /** Begins the transaction of a COPY. */
  async begin(): Promise<void> {
    const [begun] = await runStatements(this.#session, ['BEGIN'])
    if (begun?.error !== undefined) throw begun.error
  }

  /** Commits what is open, with its record; `sql` is the script's own COMMIT. */
  async commit(step: Step, sql: StatementBytes = 'COMMIT'): Promise<StatementOutcome | undefined> {
    if (this.#way === 'together') {
      const [mark, end] = await runStatements(this.#session, [ScriptRecord.doneSql(step.to), sql])
      if (mark?.error !== undefined) throw mark.error
      return end
    }
    const [row] = await this.#session.query<{ xid: string }>('SELECT pg_catalog.txid_current()::text AS xid')
    await this.#record.announce(step.from, { to: step.to, xid: row?.xid })
    const [end] = await runStatements(this.#session, [sql])
    return end
  }

  async rollBack(): Promise<void> {
    await runStatements(this.#session, ['ROLLBACK'])
  }

  async #outside(sql: StatementBytes, step: Step): Promise<Done & { outside: true }> {
    await this.#record.announce(step.from, { to: step.to, xid: undefined })
    const [own] = await runStatements(this.#session, [sql])
    if (own?.error === undefined) await this.#record.done(step.to)
    return { ...doneOf(own), outside: true }
  }
}

function isOutsideOnly({ server }: DatabaseError): boolean {
  return OUTSIDE_ONLY.includes(server.sqlstate)
}

/** The first error is the one that tells; that of a COMMIT comes from constraints that were deferred. */
function doneOf(...outcomes: readonly (StatementOutcome | undefined)[]): Done {
  return {
    error: outcomes.find((outcome) => outcome?.error !== undefined)?.error,
    warnings: outcomes.flatMap((outcome) => outcome?.warnings ?? []),
  }
}
