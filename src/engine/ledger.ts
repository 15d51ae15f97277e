import { randomUUID } from 'node:crypto'
import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { loadSql } from '../sql.ts'
import { FORMAT, checkTables, damaged, findLedger } from './ledger-checks.ts'
import { planHash } from './plan-hash.ts'
import type { Step, StepResult } from './step.ts'
import { inTransaction } from './transaction.ts'

/** `running` while there is work left, `partial` when a run ended with failures, `done` when every step is. */
export type RunState = 'running' | 'partial' | 'done'

/** What a run is about. `source` and `options` are for people and for resume: plain data without any secret. */
export interface NewRun {
  pgleapVersion: string
  /** What identifies the source, for example host, port, database and system identifier. */
  source: Record<string, string>
  snapshot: string
  options: Record<string, unknown>
}

export interface RunRecord extends NewRun {
  id: string
  startedAt: Date
  state: RunState
}

export interface DoneStep extends StepResult {
  step: number
  ms: number
  finishedAt: Date
}

export interface FailedStep {
  step: number
  code: string
  sqlstate?: string
  message: string
  hint?: string
}

export interface Ledger<W = unknown> {
  run: RunRecord
  steps: Step<W>[]
  done: Map<number, DoneStep>
  failures: FailedStep[]
}

const LEDGER_SQL = loadSql(import.meta.url, 'ledger.sql')
/** Characters of JSON that one INSERT carries: a thousand steps in one round trip, and little memory for their text. */
const CHUNK = 500_000

/**
 * Makes the ledger, in one transaction, on an idle session. Throws `ledger.exists` where a run is there already and
 * `ledger.foreign-schema` where a schema of that name is not ours.
 */
export async function createLedger<W>(
  session: Session,
  { run, steps }: { run: NewRun; steps: Step<W>[] },
): Promise<Ledger<W>> {
  if (await findLedger(session)) {
    throw new PgleapError({
      code: 'ledger.exists',
      message: 'The target holds the ledger of a run already.',
      hint: 'Finish that run with `pgleap resume`, or drop schema pgleap (and what the run has made) to start anew.',
      party: 'target',
    })
  }
  const id = randomUUID()
  const startedAt = await inTransaction(session, async () => {
    // Whatever is lost in a crash of the server, the ledger must be there to say so.
    await session.script('SET LOCAL synchronous_commit = on')
    await session.script(LEDGER_SQL)
    await session.query('INSERT INTO pgleap.format (version) VALUES ($1)', [FORMAT])
    const [row] = await session.query<{ started_at: string }>(
      `INSERT INTO pgleap.run (id, pgleap_version, source, snapshot, options, plan_hash, state)
       VALUES ($1, $2, $3, $4, $5, $6, 'running') RETURNING started_at::text`,
      [id, run.pgleapVersion, JSON.stringify(run.source), run.snapshot, JSON.stringify(run.options), planHash(steps)],
    )
    for (const chunk of chunks(steps)) await session.query(INSERT_STEPS, [chunk])
    return new Date(row?.started_at ?? '')
  })
  return { run: { ...run, id, startedAt, state: 'running' }, steps, done: new Map(), failures: [] }
}

const INSERT_STEPS = `INSERT INTO pgleap.step
  (id, kind, label, "table", bytes, cost, stage, "dependsOn", after, locks, batch, work)
  SELECT id, kind, label, "table", bytes, cost, stage, "dependsOn", after, locks, batch, work
  FROM pg_catalog.jsonb_to_recordset($1::jsonb) AS step (id integer, kind text, label text, "table" text,
    bytes numeric, cost numeric, stage integer, "dependsOn" integer[], after integer[], locks jsonb, batch text,
    work jsonb)`

function* chunks(steps: readonly Step[]): Generator<string> {
  let texts: string[] = []
  let length = 0
  for (const step of steps) {
    const text = JSON.stringify(step)
    texts.push(text)
    length += text.length
    if (length < CHUNK) continue
    yield `[${texts.join(',')}]`
    texts = []
    length = 0
  }
  if (texts.length > 0) yield `[${texts.join(',')}]`
}

interface RunRow {
  id: string
  started_at: string
  pgleap_version: string
  source: Record<string, string>
  snapshot: string
  options: Record<string, unknown>
  plan_hash: string
  state: RunState
}

/**
 * Reads the ledger, or says that there is none. A ledger that cannot be trusted throws `ledger.damaged`: a plan with a
 * step changed or missing would leave something out and still come to its end.
 */
export async function openLedger<W = unknown>(session: Session): Promise<Ledger<W> | undefined> {
  if (!(await findLedger(session))) return undefined
  await checkTables(session)
  const run = await readRun(session)
  const rows = await session.query<{ step: Step<W>; work: W }>(
    `SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(step) - 'work') AS step, work
     FROM pgleap.step ORDER BY id`,
  )
  const steps = rows.map(({ step, work }) => ({ ...step, work }))
  const wrong = steps.findIndex((step, at) => step.id !== at + 1)
  if (wrong >= 0) throw damaged(`step ${String(wrong + 1)} is missing`)
  if (planHash(steps) !== run.plan_hash) throw damaged('its steps are not those that the run was started with')
  const done = await readDone(session)
  for (const id of done.keys()) {
    if (id < 1 || id > steps.length) throw damaged(`it holds step ${String(id)} as done, and has no such step`)
  }
  return { run: runRecord(run), steps, done, failures: await readFailures(session) }
}

/** The run alone, without its steps. */
export async function readRun(session: Session): Promise<RunRow> {
  const runs = await session.query<RunRow>(
    `SELECT id::text, started_at::text, pgleap_version, source, snapshot, options, plan_hash, state
     FROM pgleap.run`,
  )
  const [run] = runs
  if (run === undefined || runs.length > 1) throw damaged(`it holds ${String(runs.length)} runs where one belongs`)
  return run
}

export function runRecord(row: RunRow): RunRecord {
  return {
    id: row.id,
    startedAt: new Date(row.started_at),
    pgleapVersion: row.pgleap_version,
    source: row.source,
    snapshot: row.snapshot,
    options: row.options,
    state: row.state,
  }
}

/** What is done, of all steps or of those that are asked for. */
export async function readDone(session: Session, steps?: readonly number[]): Promise<Map<number, DoneStep>> {
  const rows = await session.query<{ step: number; ms: number; bytes: number; rows: number; finished_at: string }>(
    `SELECT step, ms, bytes, rows, finished_at::text FROM pgleap.done
     WHERE $1::integer[] IS NULL OR step = ANY ($1::integer[]) ORDER BY step`,
    [steps],
  )
  return new Map(rows.map(({ finished_at: at, ...row }) => [row.step, { ...row, finishedAt: new Date(at) }]))
}

/** Which of these steps the ledger does not hold as done. */
export async function notDone(session: Session, steps: readonly number[]): Promise<number[]> {
  const rows = await session.query<{ step: number }>(
    `SELECT step FROM pg_catalog.unnest($1::integer[]) AS claimed (step)
     WHERE NOT EXISTS (SELECT FROM pgleap.done WHERE done.step = claimed.step)`,
    [steps],
  )
  return rows.map((row) => row.step)
}

export async function readFailures(session: Session): Promise<FailedStep[]> {
  const rows = await session.query<{ failure: FailedStep }>(
    `SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(failure) - 'at') AS failure
     FROM pgleap.failure WHERE step NOT IN (SELECT step FROM pgleap.done) ORDER BY step`,
  )
  return rows.map((row) => row.failure)
}
