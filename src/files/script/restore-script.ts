import type { Readable } from 'node:stream'
import {
  addressOf,
  assertWritable,
  connect,
  parseConnection,
  type ConnectionInfo,
  type Session,
} from '../../connection/index.ts'
import { PgleapError } from '../../errors.ts'
import { pgleapVersion, reconnecting, RunLog } from '../../migrate/index.ts'
import { type Provider, recogniseProvider, resolveProvider } from '../../provider/index.ts'
import { quoteIdent } from '../../sql.ts'
import { manifestPath, readManifest } from '../manifest.ts'
import { checkFiles } from '../restore/check-files.ts'
import { createRecord, readRecord, ScriptRecord } from './record.ts'
import { Progress } from './progress.ts'
import type { EmitEvent, ScriptOutcome, ScriptReport } from '../../report/index.ts'
import { ScriptRun } from './run.ts'
import { Sessions } from './sessions.ts'
import { openSource, type ScriptSource } from './source.ts'
import { survey, type Survey } from './survey.ts'

export interface RestoreScriptOptions {
  /** Path of a plain script, also a compressed one, or a stream of it. */
  script: string | Readable
  /** Connection string of the database that the script begins in. */
  target: string
  /** `create` makes that database, from template0, where it is not there. @defaultValue 'existing' */
  create?: 'create' | 'existing'
  /**
   * Whether the first error that is not expected at this target ends the run.
   * @defaultValue as the script's own `\set ON_ERROR_STOP` says, else 'continue'
   */
  onError?: 'continue' | 'stop'
  /** Whether the script may drop what is on the target, as `pg_dump --clean` and `pg_dumpall --clean` write. @defaultValue 'refuse' */
  clean?: 'allow' | 'refuse'
  /** A provider's id, or a YAML file of one's own, in place of what the target is recognised as. */
  targetProvider?: string
  /** Bytes that one statement may have; as many are held in memory. @defaultValue 256 MiB */
  statementLimit?: number
  /** Called with every event (docs/events.md). */
  onEvent?: EmitEvent
  /** Aborting it cancels what runs on the target and rolls it back; what is done stays, and is not done again. */
  signal?: AbortSignal
}

const STATEMENT_LIMIT = 256 * 1024 * 1024

/**
 * Runs a plain script of pg_dump or pg_dumpall (12 to 18) as psql would, statement by statement, in bounded memory. The whole
 * script is looked through before any of it is run. What is done is recorded on the target, in the database that the user
 * named: called again with the same script it goes on behind the last statement or table that was committed, however it was
 * interrupted. A connection that is lost after the first contact is made anew. Errors do not end the run; each is sorted into expected at this target, or real. The target's own roles, passwords
 * and databases are left alone (left-out.ts). The record is dropped when the script has been run to its end.
 *
 * @throws PgleapError `manifest.*`, `script.read`, `script.not-sql`, `script.encoding`, `script.command`, `script.truncated`, `script.clean`,
 * `script.too-long`, `script.other`, `ledger.exists`, `ledger.locked`, `ledger.foreign-schema`, `ledger.damaged`, `target.older`
 * and others of the connection; what makes going on useless (a full disk, a server that stops)
 */
export async function restoreScript(options: RestoreScriptOptions): Promise<ScriptReport> {
  const started = Date.now()
  const { onEvent, target, targetProvider, ...more } = options
  const log = new RunLog(onEvent)
  const provider = targetProvider === undefined ? undefined : await resolveProvider(targetProvider)
  const report = await runScript({ ...more, info: parseConnection(target), provider, log, proved: 'not-yet' })
  const ms = Date.now() - started
  log.emit({ type: 'finished', at: Date.now(), ms, verdict: 'SKIPPED', failures: report.counts.error })
  return report
}

/** The run of a script, also of one that is part of a larger restore. */
export interface ScriptJob extends Pick<
  RestoreScriptOptions,
  'script' | 'create' | 'onError' | 'clean' | 'statementLimit' | 'signal'
> {
  info: ConnectionInfo
  /** Undefined: as the target is recognised. */
  provider: Provider | undefined
  log: RunLog
  /** Whether the file has been compared with its manifest. */
  proved: 'done' | 'not-yet'
  /** Called when the run has come to its end, and before its record is dropped, which it may refuse. */
  atEnd?: (report: ScriptReport) => Promise<'drop' | 'keep'>
}

/** As `restoreScript`, but for the last event. */
export async function runScript(job: ScriptJob): Promise<ScriptReport> {
  const started = Date.now()
  const { info, log, atEnd = () => Promise.resolve('drop') } = job
  const signal = job.signal ?? new AbortController().signal
  const { emit } = log
  try {
    await using source = await openSource(job.script, signal)
    if (source.path !== undefined && job.proved === 'not-yet') await prove(source.path, signal)
    log.phase('plan')
    const limits = { statementLimit: job.statementLimit ?? STATEMENT_LIMIT, clean: job.clean ?? 'refuse' }
    const places = await placesRecorded(info, job.create ?? 'existing', signal)
    const whole = await survey(source, { ...limits, at: places, signal })
    log.phase('connect')
    await using sessions = new Sessions(info, signal)
    const record = new ScriptRecord(() => sessions.record)
    const lasting = { log, signal }
    const { doneTo, existing, provider } = await reconnecting(lasting, async () => {
      if (job.create === 'create') await createWhereMissing(info, signal)
      await sessions.ensure()
      await assertWritable(sessions.record)
      const provider = job.provider ?? (await recogniseProvider(sessions.record, info.hosts[0]?.host))
      return { ...(await takeUp(sessions.record, record, whole)), provider }
    })
    const state = whole.at.get(doneTo) ?? (await survey(source, { ...limits, at: [doneTo], signal })).at.get(doneTo)
    if (state === undefined) throw otherScript()
    log.phase('run')
    const progress = new Progress(whole, emit)
    if (doneTo > 0) progress.resume(doneTo)
    const { major, user } = sessions.record
    const scriptRun = new ScriptRun({
      source,
      sessions,
      record,
      progress,
      state,
      ground: { provider, major, user, home: info.database },
      existing,
      statementLimit: limits.statementLimit,
      onError: job.onError,
      emit,
      signal,
    })
    const end = await scriptRun.run()
    const counts = scriptRun.messages.counts
    const outcome: ScriptOutcome = end === 'stopped' ? 'stopped' : counts.error > 0 ? 'errors' : 'restored'
    const report: ScriptReport = {
      target: endpoint(info, sessions.record, provider),
      script: scriptOf(source, whole),
      startedAt: new Date(started).toISOString(),
      ms: Date.now() - started,
      ...(doneTo === 0 ? {} : { resumedAt: doneTo }),
      outcome,
      counts,
      errors: scriptRun.messages.errors(),
      expected: scriptRun.messages.ofSort('expected'),
      leftOut: scriptRun.messages.ofSort('left-out'),
      granted: scriptRun.messages.ofSort('granted'),
      warnings: scriptRun.messages.ofSort('warning'),
      databases: [...scriptRun.databases],
      rows: scriptRun.rows,
    }
    const fate = await atEnd(report)
    log.phase('finish')
    if (end === 'finished' && fate === 'drop') {
      await reconnecting(lasting, async () => {
        await sessions.ensure()
        await record.drop()
      })
    }
    return { ...report, ms: Date.now() - started }
  } catch (error) {
    if (signal.aborted && !(error instanceof PgleapError)) throw interrupted(error)
    throw error
  }
}

/** Where pgleap has made the script, its manifest lies beside it. */
async function prove(path: string, signal: AbortSignal): Promise<void> {
  const manifest = await readManifest(manifestPath(path, 'file'))
  if (manifest !== undefined) await checkFiles([{ path, kind: 'file', files: manifest.files }], signal)
}

/** The places at which the record says that the script may be gone on with; none where there is no record. */
async function placesRecorded(
  info: ConnectionInfo,
  create: 'create' | 'existing',
  signal: AbortSignal,
): Promise<number[]> {
  try {
    await using session = await connect(info, { side: 'target', purpose: 'restore record', signal })
    return [0, ...((await readRecord(session))?.places ?? [])]
  } catch (error) {
    if (create === 'create' && isNoDatabase(error)) return [0]
    throw error
  }
}

/** Goes on with the run that the target has the record of, or begins one. */
async function takeUp(
  session: Session,
  record: ScriptRecord,
  { sha256, bytes }: Survey,
): Promise<{ doneTo: number; existing: Set<string> }> {
  const recorded = await readRecord(session)
  if (recorded !== undefined) {
    if (recorded.sha256 !== sha256) throw otherScript()
    return { doneTo: (await record.standing()).doneTo, existing: new Set(recorded.existingRoles) }
  }
  const roles = await session.query<{ name: string }>('SELECT rolname::text AS name FROM pg_catalog.pg_roles')
  const existingRoles = roles.map(({ name }) => name)
  await createRecord(session, { sha256, bytes, existingRoles }, pgleapVersion())
  return { doneTo: 0, existing: new Set(existingRoles) }
}

/** As createdb -T template0. One that is there already is taken as it is. */
async function createWhereMissing(info: ConnectionInfo, signal: AbortSignal): Promise<void> {
  try {
    await using _session = await connect(info, { side: 'target', purpose: 'restore look', signal })
    return
  } catch (error) {
    if (!isNoDatabase(error)) throw error
  }
  await using session = await openMaintenance(info, signal)
  await session.script(`CREATE DATABASE ${quoteIdent(info.database)} TEMPLATE template0`)
}

/** The database that every server has; template1 where somebody has dropped it. */
async function openMaintenance(info: ConnectionInfo, signal: AbortSignal): Promise<Session> {
  const options = { side: 'target', purpose: 'restore create', signal } as const
  try {
    return await connect(info.withDatabase('postgres'), options)
  } catch (error) {
    if (!isNoDatabase(error)) throw error
    return connect(info.withDatabase('template1'), options)
  }
}

function isNoDatabase(error: unknown): boolean {
  return error instanceof PgleapError && error.code === 'connect.no-database'
}

function scriptOf({ path }: ScriptSource, { bytes, sha256, statements, tables }: Survey): ScriptReport['script'] {
  return { ...(path === undefined ? {} : { path }), bytes, sha256, statements, tables }
}

function endpoint(info: ConnectionInfo, session: Session, provider: Provider): ScriptReport['target'] {
  return { ...addressOf(info, session), provider: provider.name }
}

function otherScript(): PgleapError {
  return new PgleapError({
    code: 'script.other',
    message: 'The target holds the record of another script, which was not run to its end.',
    hint: 'Go on with that one, or give up on it: drop schema pgleap there (and what it has made), and begin anew.',
    party: 'usage',
  })
}

function interrupted(cause: unknown): PgleapError {
  return new PgleapError({
    code: 'run.interrupted',
    message: 'Interrupted before anything was run.',
    party: 'interrupted',
    cause,
  })
}
