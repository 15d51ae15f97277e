import type { Session } from '../connection/index.ts'
import { checkTables, findLedger } from './ledger-checks.ts'
import { readFailures, readRun, runRecord } from './ledger.ts'
import type { FailedStep, RunRecord } from './ledger.ts'
import { lockHolder } from './run-lock.ts'

export interface KindProgress {
  kind: string
  steps: number
  done: number
  bytes: number
  bytesDone: number
}

/** A run as `status` shows it, whether a process works on it now or not. */
export interface Progress {
  run: RunRecord
  /** The server process that holds the run's lock; undefined where nobody works on the run. */
  workedOnBy: number | undefined
  steps: number
  done: number
  kinds: KindProgress[]
  failures: FailedStep[]
  lastDoneAt: Date | undefined
}

/** Reads where a run stands without reading its steps' work. Undefined where the target has no ledger. */
export async function readProgress(session: Session): Promise<Progress | undefined> {
  if (!(await findLedger(session))) return undefined
  await checkTables(session)
  const run = runRecord(await readRun(session))
  const kinds = await session.query<{ kind: string; steps: number; done: number; bytes: string; bytesDone: string }>(
    `SELECT step.kind, pg_catalog.count(*) AS steps, pg_catalog.count(done.step) AS done,
       pg_catalog.sum(step.bytes)::text AS bytes, pg_catalog.sum(coalesce(done.bytes, 0))::text AS "bytesDone"
     FROM pgleap.step step LEFT JOIN pgleap.done done ON done.step = step.id
     GROUP BY step.kind ORDER BY pg_catalog.min(step.id)`,
  )
  const [last] = await session.query<{ at: string | null }>(
    'SELECT pg_catalog.max(finished_at)::text AS at FROM pgleap.done',
  )
  const numbers = kinds.map((row) => ({
    ...row,
    bytes: Number(row.bytes),
    bytesDone: Number(row.bytesDone),
  }))
  return {
    run,
    workedOnBy: await lockHolder(session),
    steps: numbers.reduce((sum, { steps }) => sum + steps, 0),
    done: numbers.reduce((sum, { done }) => sum + done, 0),
    kinds: numbers,
    failures: await readFailures(session),
    lastDoneAt: last?.at == null ? undefined : new Date(last.at),
  }
}

export interface ExportedStep {
  id: number
  kind: string
  label: string
  table?: string
  stage: number
  /** Expected, as planned. */
  bytes: number
  cost: number
  done?: { finishedAt: string; ms: number; bytes: number; rows: number }
  failure?: { code: string; sqlstate?: string; message: string; hint?: string; at: string }
}

/** The whole ledger but for the steps' work, as plain data for the report; to be read before it is dropped. */
export async function exportLedger(session: Session): Promise<{ run: RunRecord; steps: ExportedStep[] }> {
  const run = runRecord(await readRun(session))
  const rows = await session.query<{ step: ExportedStep }>(
    `SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
       'id', step.id, 'kind', step.kind, 'label', step.label, 'table', step."table", 'stage', step.stage,
       'bytes', step.bytes, 'cost', step.cost,
       'done', CASE WHEN done.step IS NOT NULL THEN pg_catalog.jsonb_build_object(
         'finishedAt', done.finished_at, 'ms', done.ms, 'bytes', done.bytes, 'rows', done.rows) END,
       'failure', CASE WHEN failure.step IS NOT NULL AND done.step IS NULL THEN pg_catalog.to_jsonb(failure) - 'step' END
     )) AS step
     FROM pgleap.step step
     LEFT JOIN pgleap.done done ON done.step = step.id
     LEFT JOIN pgleap.failure failure ON failure.step = step.id
     ORDER BY step.id`,
  )
  return { run, steps: rows.map((row) => row.step) }
}
