import type { ConnectionInfo } from '../connection/index.ts'
import { dropLedger, RunLock } from '../engine/index.ts'
import { PgleapError } from '../errors.ts'
import { DEFAULT_JOBS, reconnecting, type RunLog } from '../migrate/index.ts'
import type { DatabaseError, DatabaseReport, EmitEvent, RolesReport, RunReport, ServerReport } from '../report/index.ts'
import { fitting, freeConnections, withinBudget, type Budget } from './budget.ts'
import type { ServerChoices } from './choices.ts'
import { readDatabases } from './choose.ts'
import { openOn } from './ends.ts'
import type { Origin } from './origin.ts'
import {
  dropRecord,
  openRecord,
  readRecord,
  recordDatabase,
  recordRoles,
  writeRecord,
  type NewServerRun,
  type Outcome,
  type RecordedDatabase,
  type RecordedRun,
} from './record.ts'
import { closingReport } from './report.ts'
import { applyAllRoles } from './roles.ts'

/** What a run and where it comes from both know. */
export interface RunParts {
  choices: ServerChoices
  log: RunLog
  signal: AbortSignal | undefined
}

export interface ServerRun extends RunParts {
  origin: Origin
  target: ConnectionInfo
  jobs: number
  databasesAtOnce: number
  onEvent: EmitEvent | undefined
}

/** What each database has come to in this process. */
export type Outcomes = Map<string, Pick<DatabaseReport, 'state' | 'when'> & { run?: RunReport; error?: DatabaseError }>

export function sizes(options: { jobs?: number; databasesAtOnce?: number }): Budget {
  const jobs = options.jobs ?? DEFAULT_JOBS
  return { jobs, databasesAtOnce: options.databasesAtOnce ?? Math.max(1, Math.min(4, Math.floor(jobs / 2))) }
}

/**
 * The run from its record to its verdict: roles, then every database that is not done, then what can be compared of both
 * servers. The record's database is there; what it holds wins over `planned`.
 */
export async function runServer(run: ServerRun, planned: NewServerRun | undefined): Promise<ServerReport> {
  const { log, signal, origin, target } = run
  await using lock = await RunLock.acquire((inner) => openKnownRecord(run, 'run lock', inner), signal)
  const recorded = await recordOf(run, planned)
  log.phase('run')
  const applied = await bringRoles(run, recorded)
  const outcomes: Outcomes = new Map()
  await bringDatabases(run, recorded, outcomes)
  if (signal?.aborted === true) throw interrupted(origin, signal.reason)
  log.phase('verify')
  const report = await reconnecting(run, async () => {
    await using ends = await origin.open()
    return await closingReport(run, { recorded, applied, outcomes, ends })
  })
  log.phase('finish')
  if (report.databases.every(({ state }) => state === 'done') && report.roles.refused.length === 0) {
    await lock.release()
    await reconnecting(run, async () => {
      await using session = await openOn(target, 'target', 'control', signal)
      await dropRecord(session)
    })
  }
  const failures = report.databases.reduce(
    (sum, { run: of, error }) => sum + (of?.failures.length ?? (error ? 1 : 0)),
    0,
  )
  log.emit({ type: 'finished', at: Date.now(), ms: report.ms, verdict: report.verdict, failures })
  return { ...report, notices: log.notices }
}

async function openKnownRecord({ target }: ServerRun, purpose: string, signal: AbortSignal | undefined) {
  const session = await openRecord(target, purpose, signal)
  if (session !== undefined) return session
  throw new PgleapError({
    code: 'server.record-gone',
    message: 'The record of the run, the database pgleap_server_run on the target, is gone.',
    hint: 'Most likely another pgleap has finished the run, or somebody has dropped it. Look at the target before you start anew.',
    party: 'target',
  })
}

async function recordOf(run: ServerRun, planned: NewServerRun | undefined): Promise<RecordedRun> {
  await using session = await openKnownRecord(run, 'record', run.signal)
  const found = await readRecord(session)
  if (found !== undefined) return found
  if (planned !== undefined) await writeRecord(session, planned)
  const written = await readRecord(session)
  if (written !== undefined) return written
  throw nothingRecorded(run.target)
}

/** Nobody has written anything into the record: whoever made its database was stopped before that. */
export function nothingRecorded(target: ConnectionInfo): PgleapError {
  return new PgleapError({
    code: 'resume.nothing',
    message: `There is no run of a whole server to go on with at ${target.describe()}.`,
    hint: 'Start one with "pgleap migrate --all-databases SOURCE TARGET".',
    party: 'usage',
  })
}

async function bringRoles(run: ServerRun, recorded: RecordedRun): Promise<RolesReport> {
  const applied = await applyAllRoles(run.origin, recorded.roles)
  await reconnecting(run, async () => {
    await using session = await openKnownRecord(run, 'record', run.signal)
    await recordRoles(session, applied)
  })
  return applied
}

async function bringDatabases(run: ServerRun, recorded: RecordedRun, outcomes: Outcomes): Promise<void> {
  const { origin, signal, log } = run
  const left: RecordedDatabase[] = []
  for (const database of recorded.databases) {
    if (database.state !== 'done' || database.report === undefined) {
      left.push(database)
      continue
    }
    outcomes.set(database.name, { state: 'done', when: 'earlier', run: database.report })
    await dropLeftLedger(run, database.name)
  }
  const budget = await budgetOf(run)
  await using target = await openOn(run.target, 'target', 'control', signal)
  const there = new Set((await readDatabases(target)).map(({ name }) => name))
  log.notice({
    level: 'info',
    code: 'server.databases',
    message: `${String(left.length)} ${left.length === 1 ? 'database' : 'databases'} to ${origin.words.bring}, ${String(budget.databasesAtOnce)} at a time, with ${String(budget.jobs)} jobs for all.`,
  })
  await withinBudget(left, budget, { sizeOf: ({ bytes }) => bytes ?? 0, signal }, async (database, jobs) => {
    outcomes.set(database.name, await bringDatabase(run, database, jobs, there))
  })
}

/** Its run was recorded as done, and the process was stopped before it could drop the ledger. */
async function dropLeftLedger({ target, signal }: ServerRun, name: string): Promise<void> {
  await using session = await openOn(target.withDatabase(name), 'target', 'control', signal)
  await dropLedger(session)
}

async function budgetOf(run: ServerRun): Promise<Budget> {
  const { jobs, databasesAtOnce, origin, log } = run
  await using ends = await origin.open()
  const free = {
    source: ends.source === undefined ? Infinity : await freeConnections(ends.source),
    target: await freeConnections(ends.target),
  }
  const wanted = { jobs, databasesAtOnce: Math.min(databasesAtOnce, jobs) }
  const budget = fitting(wanted, Math.min(free.source, free.target))
  if (budget.jobs < wanted.jobs || budget.databasesAtOnce < wanted.databasesAtOnce) {
    const [side, left] = free.source < free.target ? ['source', free.source] : ['target', free.target]
    log.notice({
      level: 'warning',
      code: 'server.few-connections',
      message: `The ${side} has ${String(left)} connections left: ${String(budget.databasesAtOnce)} databases at once, and ${String(budget.jobs)} jobs for all.`,
      hint: 'Raise max_connections there, or end sessions that nobody needs.',
    })
  }
  return budget
}

type DatabaseOutcome = Outcomes extends Map<string, infer O> ? O : never

/** One database; what fails in it is its outcome, and no reason to stop the others. Never rejects. */
async function bringDatabase(
  run: ServerRun,
  database: RecordedDatabase,
  jobs: number,
  there: ReadonlySet<string>,
): Promise<DatabaseOutcome> {
  const { origin, signal, onEvent } = run
  const { name } = database
  const emit: EmitEvent = (event) => onEvent?.({ ...event, database: name })
  const note = (outcome: Outcome) =>
    reconnecting(run, async () => {
      await using session = await openKnownRecord(run, 'record', signal)
      await recordDatabase(session, name, outcome)
    })
  try {
    await note({ state: 'started' })
    const report = await origin.bring(database, {
      jobs,
      there: there.has(name) ? 'there' : 'missing',
      emit,
      onReport: (done) => note({ state: done.failures.length === 0 ? 'done' : 'partial', report: done }),
    })
    return { state: report.failures.length === 0 ? 'done' : 'partial', when: 'now', run: report }
  } catch (error) {
    if (signal?.aborted === true) return { state: 'started', when: 'now' }
    const reported = reportedError(error)
    emit({
      type: 'notice',
      at: Date.now(),
      level: 'warning',
      code: 'server.database-failed',
      message: `It could not be ${origin.words.brought}, and the others go on: ${reported.message}`,
      ...(reported.hint === undefined ? {} : { hint: reported.hint }),
    })
    // Where not even that can be written down, the record says that it was started, which is as true.
    await note({ state: 'failed', error: reported }).catch(() => {})
    return { state: 'failed', when: 'now', error: reported }
  }
}

function reportedError(error: unknown): DatabaseError {
  if (!(error instanceof PgleapError)) return { code: 'internal.unknown', message: String(error), party: 'internal' }
  const { code, message, hint, party } = error
  return { code, message, party, ...(hint === undefined ? {} : { hint }) }
}

function interrupted({ words }: Origin, cause: unknown): PgleapError {
  return new PgleapError({
    code: 'run.interrupted',
    message: 'Stopped as asked.',
    hint: `What is done is done: ${words.again} goes on from here.`,
    party: 'interrupted',
    cause,
  })
}
