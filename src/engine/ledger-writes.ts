import type { Session } from '../connection/index.ts'
import { quoteLiteral } from '../sql.ts'
import { findLedger } from './ledger-checks.ts'
import type { FailedStep, RunState } from './ledger.ts'
import type { StepResult } from './step.ts'

/**
 * The statement that marks steps as done, to be sent in the transaction that did their work (invariant 1). A step that
 * is done already makes it fail, and the work with it. Steps of one transaction share its duration evenly.
 */
export function doneSql(run: string, results: readonly ({ step: number } & StepResult)[]): string {
  const values = results.map(({ step, bytes, rows }) => `(${[step, bytes, rows].map(integer).join(', ')})`)
  return `INSERT INTO pgleap.done (step, run, ms, bytes, rows)
    SELECT step, ${quoteLiteral(run)}::uuid,
      1000 * EXTRACT(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.transaction_timestamp()) / ${integer(results.length)},
      bytes, rows
    FROM (VALUES ${values.join(', ')}) AS done (step, bytes, rows)`
}

function integer(value: number): string {
  return BigInt(value).toString()
}

/** Notes why steps failed, for `status` and the report; a later failure of the same step replaces it. */
export async function recordFailures(session: Session, failures: readonly FailedStep[]): Promise<void> {
  await session.query(
    `INSERT INTO pgleap.failure (step, code, sqlstate, message, hint)
     SELECT step, code, sqlstate, message, hint FROM pg_catalog.jsonb_to_recordset($1::jsonb)
       AS failure (step integer, code text, sqlstate text, message text, hint text)
     ON CONFLICT (step) DO UPDATE SET code = excluded.code, sqlstate = excluded.sqlstate,
       message = excluded.message, hint = excluded.hint, at = excluded.at`,
    [JSON.stringify(failures)],
  )
}

/** To be called when a run is taken up again, and tries once more what failed. */
export async function clearFailures(session: Session): Promise<void> {
  await session.query('DELETE FROM pgleap.failure')
}

/**
 * Takes steps back that are done, so that they are done again: their rows would mix two snapshots. To be called inside
 * a transaction, with whatever empties their tables; its commit survives a crash of the server, which would else bring
 * the mix about (invariant 2).
 */
export async function invalidate(session: Session, steps: readonly number[]): Promise<void> {
  await session.script('SET LOCAL synchronous_commit = on')
  await session.query('DELETE FROM pgleap.done WHERE step = ANY ($1::integer[])', [steps])
}

export async function updateRun(session: Session, change: { state?: RunState; snapshot?: string }): Promise<void> {
  await session.query('UPDATE pgleap.run SET state = coalesce($1, state), snapshot = coalesce($2, snapshot)', [
    change.state,
    change.snapshot,
  ])
}

/**
 * Makes all that was committed on the server, by any session, survive its crash. The workers commit with
 * synchronous_commit off; one synchronous commit that writes something flushes the log up to itself (PostgreSQL docs,
 * "Asynchronous Commit").
 */
export async function flushLedger(session: Session): Promise<void> {
  await session.script(
    'BEGIN; SET LOCAL synchronous_commit = on; UPDATE pgleap.run SET state = state WHERE true; COMMIT',
  )
}

/** Drops the ledger where there is one; a schema pgleap that is not ours is refused. */
export async function dropLedger(session: Session): Promise<void> {
  if (await findLedger(session)) await session.script('DROP SCHEMA pgleap CASCADE')
}
