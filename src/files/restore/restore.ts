import { readDatabase } from '../../catalog/index.ts'
import { parseConnection, type ConnectionInfo, type Session } from '../../connection/index.ts'
import { clearFailures, createLedger, openLedger, RunLock, type Ledger } from '../../engine/index.ts'
import { PgleapError } from '../../errors.ts'
import {
  assertEmpty,
  assertSameChoices,
  chosen,
  createDatabase,
  DEFAULT_JOBS,
  dropDatabase,
  endRun,
  isAsCreated,
  noteWrites,
  pgleapVersion,
  reconnecting,
  reservedSchemas,
  RunLog,
  type Chosen,
} from '../../migrate/index.ts'
import { Definitions, type RestoreWork } from '../../plan/index.ts'
import type { RestoreReport, SourceWrites } from '../../report/index.ts'
import { compare } from './compare.ts'
import { databaseFacts } from './database-facts.ts'
import { restoreOf } from './entry-restore.ts'
import { openFiles, type Files } from './files.ts'
import { assertSameArchive } from './identity.ts'
import type { DatabaseRestoreOptions, RestoreOptions } from './options.ts'
import { everyDatabaseStatement, prepare } from './prepare.ts'
import { reportOf } from './report.ts'
import { targetOf, type LargerRestore, type Restoring, type Target } from './restoring.ts'
import { runAndFlush } from './run.ts'
import { restoreNotesOf, type RestoreNotes } from './run-notes.ts'
import { noteSpace } from './space.ts'
import { writesSinceDump } from './source-writes.ts'
import { providersOf, viewOf, type View } from './view.ts'

/**
 * Fills an empty database from an archive of pgleap or of pg_dump, and compares both. Where a manifest lies beside the
 * archive, its files are proved before anything is changed, and contents afterwards. Where the target holds an unfinished
 * restore of the same archive and options, goes on with that. Objects that fail do not throw: they are in the report's
 * `failures`, with `blocked` for what depends on them.
 *
 * @throws PgleapError of the party that has to act (`archive.*`, `manifest.*`, `target.*`, `restore.*`);
 *   `run.interrupted` after an abort
 */
export async function restore(options: RestoreOptions): Promise<RestoreReport> {
  const { source, target, ...more } = options
  const from = source === undefined ? {} : { source: parseConnection(source) }
  return restoreDatabase(parseConnection(target), { ...more, ...from })
}

/** The same, also for a restore that is part of a larger one. */
export async function restoreDatabase(
  info: ConnectionInfo,
  options: DatabaseRestoreOptions,
  larger: LargerRestore = {},
): Promise<RestoreReport> {
  const { signal } = options
  const log = new RunLog(options.onEvent)
  const target = targetOf(info)
  log.phase('check')
  await using files = await openFiles(options.from, signal, larger.proved)
  log.phase('connect')
  const created = await createIfAsked({ files, target, options, larger })
  try {
    const made = created === 'found' ? 'found' : 'created'
    return await restoreInto({ files, target, created: made, options, larger, log })
  } catch (error) {
    // A refused run changes nothing: a database that was made for it goes, as long as nothing is in it.
    if (created === 'created' && !log.phases.some(({ phase }) => phase === 'run')) await dropDatabase(target.info)
    throw error
  }
}

async function createIfAsked({
  files: {
    open: { archive },
  },
  target,
  options: { create, signal },
  larger: { created = 'found', tablespace },
}: Omit<RestoreParts, 'created' | 'log'>): Promise<'created' | 'bare' | 'found'> {
  if (create !== 'create') return created
  const facts = databaseFacts(archive)
  if (facts === undefined) throw noDatabase(archive.database)
  try {
    await using session = await target.open('control', signal)
    // The same command again, after a run that broke: its database is there, with its ledger.
    if ((await openLedger(session)) !== undefined) return 'found'
    // Or without one, where it broke before it had a ledger.
    const { encoding, collate, ctype, localeProvider, icuLocale } = facts
    const like = { ...(await readDatabase(session)), encoding, collate, ctype, localeProvider, icuLocale }
    if (await isAsCreated(like, session)) return 'bare'
  } catch (error) {
    if (!(error instanceof PgleapError && error.code === 'connect.no-database')) throw error
  }
  await createDatabase(target.info, { ...facts, tablespace }, signal)
  return 'created'
}

interface RestoreParts {
  files: Files
  target: Target
  created: 'created' | 'found'
  options: DatabaseRestoreOptions
  larger: LargerRestore
  log: RunLog
}

async function restoreInto(parts: RestoreParts): Promise<RestoreReport> {
  const { target, options } = parts
  const { signal } = options
  await using session = await target.open('control', signal)
  await using lock = await RunLock.acquire((inner) => target.open('run lock', inner), signal)
  const unfinished = await openLedger<RestoreWork>(session)
  const restoring = unfinished === undefined ? await begin(parts, session) : await goOn(parts, session, unfinished)
  return await finish(restoring, lock)
}

async function begin(parts: RestoreParts, session: Session): Promise<Restoring> {
  const { files, target, created, options, log } = parts
  const { jobs = DEFAULT_JOBS, nonEmptyTarget = 'refuse' } = options
  const choices = chosen(options)
  const providers = await providersOf(files, { session, info: target.info }, choices)
  if (nonEmptyTarget !== 'add') await assertEmpty(session, await reservedSchemas(session, providers))
  const view = await viewOf({ files, target: session, providers, choices, extensionSchemas: 'missing' })
  const { steps, definitions, tables } = await prepare({
    files,
    view,
    target: session,
    created,
    nonEmptyTarget,
    jobs,
    log,
  })
  await noteSpace(session, target.info, { tables, log })
  const notes: RestoreNotes = {
    choices,
    archive: files.identity,
    extraObjects: nonEmptyTarget === 'add' ? 'ignore' : 'report',
    providers,
    owners: view.heirs,
  }
  const ledger = await createLedger(session, {
    run: {
      pgleapVersion: pgleapVersion(),
      source: { describe: files.identity.path, archive: files.identity.path },
      snapshot: files.identity.contents,
      options: { ...notes },
    },
    steps,
  })
  return { ...common(parts), view, ledger, notes, definitions }
}

/**
 * Goes on with the restore that the target's ledger describes: steps that are done stay done, the others are done now,
 * failed ones included.
 */
async function goOn(parts: RestoreParts, session: Session, ledger: Ledger<RestoreWork>): Promise<Restoring> {
  const { files, options, log } = parts
  const notes = restoreNotesOf(ledger)
  assertSameArchive(notes.archive, files.identity, files.manifest === undefined ? 'not-checked' : 'checked')
  const now = chosen(options)
  assertSameChoices(notes.choices, now)
  const choices: Chosen = { ...notes.choices, verify: now.verify }
  const { providers } = notes
  const seen = await viewOf({ files, target: session, providers, choices, extensionSchemas: 'all' })
  const view: View = { ...seen, choices: { ...seen.choices, roleMap: { ...notes.owners, ...seen.choices.roleMap } } }
  const publicSchema = notes.extraObjects === 'ignore' ? 'theirs' : 'ours'
  const definitions = new Definitions({
    archive: view.planning,
    statistics: undefined,
    restore: restoreOf(view.planning, { target: session, choices: view.choices, publicSchema }),
    database: everyDatabaseStatement(view, session.database),
  })
  await clearFailures(session)
  const open = ledger.steps.filter(({ id }) => !ledger.done.has(id))
  const cost = open.reduce((sum, step) => sum + step.cost, 0)
  log.emit({ type: 'resumed', at: Date.now(), done: ledger.done.size, left: open.length, snapshot: 'same' })
  log.emit({
    type: 'plan',
    at: Date.now(),
    steps: open.length,
    tables: new Set(open.flatMap(({ table }) => table ?? [])).size,
    bytes: open.reduce((sum, step) => sum + step.bytes, 0),
    // The cost of a chain is not known here; side by side without waiting is the best case.
    estimateMs: Math.round(cost / (options.jobs ?? DEFAULT_JOBS)),
    cost,
  })
  return { ...common(parts), view, ledger, notes: { ...notes, choices }, definitions }
}

function common({ files, target, options, larger, log }: RestoreParts) {
  return {
    files,
    target,
    source: options.source,
    jobs: options.jobs ?? DEFAULT_JOBS,
    pgDump: options.pgDump,
    onReport: larger.onReport,
    log,
    signal: options.signal,
  }
}

/** From the ledger to the verdict. */
async function finish(restoring: Restoring, lock: RunLock): Promise<RestoreReport> {
  const { target, notes, log, signal } = restoring
  const outcome = await runAndFlush(restoring, lock)
  const { verify: mode } = notes.choices
  if (mode !== 'none') log.phase('verify')
  const proof = mode === 'none' ? undefined : await reconnecting(restoring, () => comparing(restoring, mode))
  log.phase('finish')
  const sourceWrites = await writesOf(restoring)
  const report = await reconnecting(restoring, async () => {
    await using session = await target.open('control', signal)
    return await reportOf(restoring, session, { outcome, proof, sourceWrites })
  })
  await reconnecting(restoring, async () => restoring.onReport?.(report))
  await endRun(report, { log, signal, openTarget: () => target.open('control', signal) })
  return { ...report, phases: log.phases }
}

async function comparing(restoring: Restoring, mode: 'full' | 'counts') {
  const { files, view, target, ledger, notes, jobs, pgDump, log, signal } = restoring
  const took = await rowsTaken(target, ledger, signal)
  return compare({
    files,
    view,
    target,
    mode,
    took,
    extra: notes.extraObjects,
    jobs,
    pgDump,
    onEvent: log.emit,
    signal,
  })
}

/** Rows that came in, by table, as the server counted them; by every process that worked on the run. */
async function rowsTaken(
  target: Target,
  { steps }: Ledger<RestoreWork>,
  signal: AbortSignal | undefined,
): Promise<Map<string, number>> {
  await using session = await target.open('control', signal)
  const done = (await openLedger<RestoreWork>(session))?.done
  const took = new Map<string, number>()
  for (const { id, work, table } of steps) {
    const rows = done?.get(id)?.rows
    // What was added to a table of the user's says nothing of how many it holds.
    if (work.kind === 'entry-data' && work.mode === 'whole' && table !== undefined && rows !== undefined) {
      took.set(table, rows)
    }
  }
  return took
}

async function writesOf(restoring: Restoring): Promise<SourceWrites[]> {
  const { source, files, log, signal } = restoring
  if (source === undefined) return []
  const writes = await reconnecting(restoring, () => writesSinceDump(source, files, { log, signal }))
  noteWrites(writes, 'dump', log)
  return writes
}

function noDatabase(name: string): PgleapError {
  return new PgleapError({
    code: 'restore.no-database',
    message: `The archive of "${name}" does not say how its database was made.`,
    hint: 'Make the database yourself, and leave out --create.',
    party: 'usage',
  })
}
