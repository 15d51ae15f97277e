import { type Session, connect, parseConnection } from '../../src/connection/index.ts'
import {
  type Ledger,
  type NewRun,
  type Prepared,
  RunLock,
  type RunOutcome,
  type RunStepsOptions,
  type Worker,
  createLedger,
  openLedger,
  runSteps,
} from '../../src/engine/index.ts'
import type { Event } from '../../src/report/index.ts'
import { type FreshDatabase, type Major, freshDatabase, server } from '../kit/index.ts'
import type { TestStep } from './steps.ts'

export const RUN: NewRun = {
  pgleapVersion: '0.1.0',
  source: { host: 'old.example', database: 'app' },
  snapshot: '00000003-0000001B-1',
  options: { jobs: 2 },
}

export const MAJOR: Major = 17

export function openSession(url: string, signal?: AbortSignal): Promise<Session> {
  return connect(parseConnection(url), { side: 'target', purpose: 'test', signal })
}

/** Runs a test with a database of its own and a session on it. */
export async function withTarget(use: (database: FreshDatabase, session: Session) => Promise<void>): Promise<void> {
  await using database = await freshDatabase(await server(MAJOR))
  await using session = await openSession(database.url)
  await use(database, session)
}

export async function openWorker(url: string, signal?: AbortSignal): Promise<Worker> {
  const target = await openSession(url, signal)
  await target.script('SET synchronous_commit = off')
  return { target, cancel: () => target.cancel(), close: () => target.close() }
}

/** A step's work is the SQL that it runs. */
export function sqlOf(steps: readonly TestStep[]): Prepared<Worker> {
  return { kind: 'sql', statements: steps.map(({ work }) => work) }
}

export interface Ran {
  outcome: RunOutcome<string>
  events: Event[]
}

export type Settings = Partial<RunStepsOptions<string, Worker>> & { events?: Event[] }

/** Runs the ledger's steps, by default as SQL on two workers with short pauses between attempts. */
export async function run(url: string, ledger: Ledger<string>, settings: Settings = {}): Promise<Ran> {
  const { events = [], ...options } = settings
  await using lock = await RunLock.acquire((signal) => openSession(url, signal))
  const outcome = await runSteps<string, Worker>({
    lock,
    runId: ledger.run.id,
    steps: ledger.steps,
    done: ledger.done.keys(),
    jobs: 2,
    openWorker: (signal) => openWorker(url, signal),
    prepare: sqlOf,
    emit: (event) => events.push(event),
    retry: { baseMs: 5, capMs: 200 },
    ...options,
  })
  return { outcome, events }
}

export async function startRun(session: Session, steps: TestStep[]): Promise<Ledger<string>> {
  return createLedger(session, { run: RUN, steps })
}

/** What a new process does: reads the ledger, runs what is left. */
export async function takeUp(url: string, settings: Settings = {}): Promise<Ran> {
  await using session = await openSession(url)
  const ledger = await openLedger<string>(session)
  if (ledger === undefined) throw new Error('there is no ledger')
  return await run(url, ledger, settings)
}
