import { connect, DatabaseError, type ConnectionInfo, type Session } from '../../connection/index.ts'
import { findLedger } from '../../engine/index.ts'
import { PgleapError } from '../../errors.ts'
import {
  assertEmpty,
  createDatabase,
  endpoint,
  noteWrites,
  openSession,
  reconnecting,
  reservedSchemas,
  RunLog,
  withoutQuotedSecrets,
  type Providers,
} from '../../migrate/index.ts'
import { recogniseProvider, resolveProvider, type Provider } from '../../provider/index.ts'
import type { EmitEvent, FailureReport, RunReport, ScriptReport, StepReport } from '../../report/index.ts'
import { manifestPath, readManifest, type Manifest } from '../manifest.ts'
import { writesSinceDump } from '../restore/source-writes.ts'
import type { ServerDatabase } from '../server-database.ts'
import { compareScript } from './compare-script.ts'
import { databaseStatements } from './database-statements.ts'
import { scriptRunReport, type DatabaseScriptReport } from './database-report.ts'
import { runScript } from './restore-script.ts'

export interface ScriptDatabaseOptions {
  /** The script, which was compared with its manifest. */
  from: string
  /** How the database was made. */
  made: ServerDatabase
  /** `create` where it is not on the target yet. */
  create: 'create' | 'existing'
  /** Whether the larger restore has made it, now or before: owner and comment of another's stay. */
  created: 'created' | 'found'
  /** Where it is made; undefined for the target's default tablespace. */
  tablespace: string | undefined
  verify: 'full' | 'counts' | 'none'
  /** Of the server that was dumped. */
  sourceProvider: Provider
  targetProvider?: string | undefined
  /** The database that was dumped, where it can be reached. */
  source?: ConnectionInfo | undefined
  jobs: number
  onEvent: EmitEvent
  signal: AbortSignal | undefined
  /** Gets the report before the script's record is dropped: one of the two always tells how the restore ended. */
  onReport: (report: DatabaseScriptReport) => Promise<void>
}

/**
 * Fills one database of a whole server from a script: makes it as it was, runs the script, gives it its properties, and
 * compares rows, sequences and large objects with the manifest. Goes on where a run of the same script was broken off. A script that has
 * errors keeps its record, so that it is never run twice into one database.
 *
 * @throws PgleapError `script.*`, `manifest.*`, `target.*`; `run.interrupted` after an abort
 */
export async function restoreScriptDatabase(
  target: ConnectionInfo,
  options: ScriptDatabaseOptions,
): Promise<DatabaseScriptReport> {
  const { from, made, onEvent, signal, onReport } = options
  const steps: StepReport[] = []
  const log: RunLog = new RunLog((event) => {
    if (event.type === 'step-done') steps.push(stepOf(event, log.startedAt))
    onEvent(event)
  })
  const manifest = await readManifest(manifestPath(from, 'file'))
  if (manifest === undefined) throw noManifest(from)
  log.phase('connect')
  const { create, tablespace } = options
  if (create === 'create') await createDatabase(target, { ...made.facts, tablespace }, signal)
  const providers = await look(target, options)
  let report: DatabaseScriptReport | undefined
  const atEnd = async (ran: ScriptReport): Promise<'drop' | 'keep'> => {
    const failures = await giveProperties(target, { options, providers, manifest, log })
    report = await closing({ target, options, manifest, provider: providers.target, log, steps, ran, failures })
    await onReport(report)
    return report.failures.length === 0 ? 'drop' : 'keep'
  }
  await runScript({
    script: from,
    info: target,
    provider: providers.target,
    log,
    proved: 'done',
    atEnd,
    ...(signal === undefined ? {} : { signal }),
  })
  if (report === undefined) throw noReport()
  const { ms, verdict, failures } = report
  log.emit({ type: 'finished', at: Date.now(), ms, verdict, failures: failures.length })
  return { ...report, phases: log.phases }
}

/** Whose services are on both ends; refuses a database that holds something, and no record of ours (invariant 8). */
async function look(
  target: ConnectionInfo,
  { sourceProvider, targetProvider, signal }: ScriptDatabaseOptions,
): Promise<Providers> {
  await using session = await connect(target, { side: 'target', purpose: 'control', signal })
  const providers = {
    source: sourceProvider,
    target:
      targetProvider === undefined
        ? await recogniseProvider(session, target.hosts[0]?.host)
        : await resolveProvider(targetProvider),
  }
  if (!(await findLedger(session))) await assertEmpty(session, await reservedSchemas(session, providers))
  return providers
}

interface PropertyParts {
  options: ScriptDatabaseOptions
  providers: Providers
  manifest: Manifest
  log: RunLog
}

/** Owner, comment, settings, connection limit, grants, labels: what is there by now is not done again. */
function giveProperties(
  target: ConnectionInfo,
  { options, providers, manifest, log }: PropertyParts,
): Promise<FailureReport[]> {
  const { made, created, signal } = options
  return reconnecting({ log, signal }, async () => {
    await using session = await openSession(target, 'target', 'control', signal)
    const sourceUser = manifest.source.user
    const statements = await databaseStatements(session, { made, created, providers, sourceUser })
    const failures: FailureReport[] = []
    for (const { label, sql, secret = 'possible' } of statements) {
      const failure = await attempt(session, { label, sql, secret })
      if (failure !== undefined) failures.push(failure)
    }
    return failures
  })
}

async function attempt(
  session: Session,
  { label, sql, secret }: { label: string; sql: string; secret: 'possible' | 'none' },
): Promise<FailureReport | undefined> {
  try {
    await session.script(sql)
    return undefined
  } catch (error) {
    if (!(error instanceof DatabaseError) || session.broken) throw error
    const shown = secret === 'none' ? error : withoutQuotedSecrets(error)
    const message = shown instanceof Error ? shown.message : String(shown)
    return { label, code: error.code, message, sqlstate: error.server.sqlstate }
  }
}

interface Closing {
  target: ConnectionInfo
  options: ScriptDatabaseOptions
  manifest: Manifest
  provider: Provider
  log: RunLog
  steps: readonly StepReport[]
  ran: ScriptReport
  failures: readonly FailureReport[]
}

async function closing(parts: Closing): Promise<DatabaseScriptReport> {
  const { target, options, manifest, provider, log, steps, ran, failures } = parts
  const { verify: mode, jobs, source, signal } = options
  if (mode !== 'none') log.phase('verify')
  const proof =
    mode === 'none'
      ? undefined
      : await reconnecting({ log, signal }, () =>
          compareScript({ target, provider, manifest, mode, jobs, onEvent: log.emit, signal }),
        )
  const sourceWrites: RunReport['sourceWrites'] =
    source === undefined
      ? []
      : await reconnecting({ log, signal }, () => writesSinceDump(source, { manifest }, { log, signal }))
  noteWrites(sourceWrites, 'dump', log)
  const at = await reconnecting({ log, signal }, async () => {
    await using session = await openSession(target, 'target', 'control', signal)
    return endpoint(target, session)
  })
  return scriptRunReport({ target: at, ran, failures, proof, sourceWrites, steps, manifest, mode, log })
}

function stepOf(
  {
    step,
    at,
    ms,
    bytes,
    rows,
  }: { step: { id: number; kind: string; label: string; table?: string } } & Record<
    'at' | 'ms' | 'bytes' | 'rows',
    number
  >,
  startedAt: number,
): StepReport {
  const { id, kind, label, table } = step
  return { id, kind, label, ...(table === undefined ? {} : { table }), startMs: at - ms - startedAt, ms, bytes, rows }
}

function noManifest(path: string): PgleapError {
  return new PgleapError({
    code: 'manifest.files-differ',
    message: `${path} has no manifest beside it.`,
    hint: 'Copy the folder again from where it was made.',
    party: 'usage',
  })
}

function noReport(): PgleapError {
  return new PgleapError({
    code: 'internal.unexpected',
    message: 'A script came to no end.',
    party: 'internal',
  })
}
