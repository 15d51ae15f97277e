import type { SourceSnapshot } from '../catalog/index.ts'
import { readDatabase } from '../catalog/index.ts'
import { createLedger, openLedger, RunLock, type Ledger } from '../engine/index.ts'
import { PgleapError } from '../errors.ts'
import { tableName, type Work } from '../plan/index.ts'
import type { RunReport } from '../report/index.ts'
import { readSequencePositions } from '../verify/index.ts'
import { assertSameChoices, chosen, type Chosen } from './choices.ts'
import { createDatabase, dropDatabase, isAsCreated } from './database.ts'
import { finish } from './finish.ts'
import { notesOf, type LargerRun, type Migration, type RunNotes } from './migration.ts'
import { DEFAULT_JOBS, type MigrateOptions } from './options.ts'
import { assertEmpty } from './preconditions.ts'
import { comparePrediction, readPrediction } from './prediction.ts'
import { preflight } from './preflight.ts'
import { prepare } from './prepare.ts'
import { chooseProviders, reservedSchemas, type Providers } from './providers.ts'
import { takeSnapshot } from './read-source.ts'
import { goOn } from './resume.ts'
import { RunLog } from './run-log.ts'
import { openPair, servers, type Pair, type Servers } from './servers.ts'
import { withoutSecrets } from './source-string.ts'
import { pgleapVersion } from './version.ts'

export type DatabaseOptions = Omit<MigrateOptions, 'source' | 'target'>

/**
 * Copies a database into an empty one of the same or a newer major version, and compares both. The source is only read.
 * Where the target holds an unfinished run of the same source and options, goes on with that. Objects that fail do not
 * throw: they are in the report's `failures`, with `blocked` for what depends on them.
 *
 * @throws PgleapError of the party that has to act; `run.interrupted` after an abort
 */
export async function migrate(options: MigrateOptions): Promise<RunReport> {
  return migrateBetween(servers(options.source, options.target), options)
}

/** The same, also for a run that is part of a larger one. */
export async function migrateBetween(
  ends: Servers,
  options: DatabaseOptions,
  larger: LargerRun = {},
): Promise<RunReport> {
  const { jobs = DEFAULT_JOBS } = options
  const log = new RunLog(options.onEvent)
  const choices = chosen(options)
  const prediction = options.prediction === undefined ? undefined : await readPrediction(options.prediction)

  log.phase('connect')
  const created = await createIfAsked(ends, options, larger)
  try {
    const report = await migrateInto(
      ends,
      { ...options, jobs, created: created === 'found' ? 'found' : 'created' },
      { choices, log, larger },
    )
    return prediction === undefined ? report : { ...report, prediction: comparePrediction(prediction, report) }
  } catch (error) {
    // A refused run changes nothing: a database that was made for it goes, as long as nothing is in it.
    if (created === 'created' && !log.phases.some(({ phase }) => phase === 'run')) await dropDatabase(ends.target)
    throw error
  }
}

async function migrateInto(
  ends: Servers,
  options: DatabaseOptions & { jobs: number; created: 'created' | 'found' },
  { choices, log, larger: { onReport, serverChecks } }: { choices: Chosen; log: RunLog; larger: LargerRun },
): Promise<RunReport> {
  const { signal } = options
  await using pair = await openPair(ends, signal)
  await using lock = await RunLock.acquire((inner) => ends.openTarget('run lock', inner), signal)
  const unfinished = await openLedger<Work>(pair.target)
  if (unfinished !== undefined) {
    assertSameRun(unfinished, ends, choices)
    return await goOn({ servers: ends, pair, lock, ledger: unfinished, log, options, onReport })
  }
  const providers = await chooseProviders(pair, ends, choices)
  if (options.nonEmptyTarget !== 'add') await assertEmpty(pair.target, await reservedSchemas(pair.target, providers))
  const about = serverChecks === 'done' ? 'database' : 'both'
  await preflight({ servers: ends, providers, choices, log, signal, about })

  await using snapshot = await takeSnapshot(ends, { choices, providers, signal })
  // A run of a whole server compares its databases as such itself.
  const database = serverChecks === 'done' ? undefined : options.created
  const migration = await start(ends, { ...options, pair, snapshot }, { choices, providers, log, database })
  return await finish({ ...migration, onReport }, lock)
}

/** Plans the run and writes its ledger. A function of its own, so that what only the plan needs is let go of before the run. */
async function start(
  ends: Servers,
  options: DatabaseOptions & { jobs: number; created: 'created' | 'found'; pair: Pair; snapshot: SourceSnapshot },
  {
    choices,
    providers,
    log,
    database,
  }: { choices: Chosen; providers: Providers; log: RunLog; database: RunNotes['database'] | undefined },
): Promise<Migration> {
  const { signal, jobs, created, pair, snapshot, pgDump, nonEmptyTarget = 'refuse' } = options
  const prepared = await prepare({
    servers: ends,
    target: pair.target,
    snapshot,
    choices,
    providers,
    created,
    nonEmptyTarget,
    jobs,
    pgDump,
    log,
    signal,
  })
  const {
    reading,
    owners,
    plan: { steps, definitions, rowsLeftOut },
  } = prepared
  const { identity } = snapshot
  const notes: RunNotes = {
    choices,
    writes: reading.writes,
    ...(choices.verify === 'none'
      ? {}
      : {
          sequences: {
            snapshot: identity,
            positions: await readSequencePositions(snapshot, reading.facts.sequences, signal),
          },
        }),
    extraObjects: nonEmptyTarget === 'add' ? 'ignore' : 'report',
    rowsLeftOut: reading.facts.tables.filter(({ oid }) => rowsLeftOut.has(oid)).map(tableName),
    providers,
    owners,
    ...(database === undefined ? {} : { database }),
  }
  const ledger = await begin(pair, ends, snapshot, notes, steps)
  const { archive } = reading
  return { servers: ends, snapshot, ledger, notes, definitions, archive, jobs, pgDump, log, signal }
}

async function createIfAsked(
  ends: Servers,
  options: DatabaseOptions,
  { created = 'found', tablespace }: LargerRun,
): Promise<'created' | 'bare' | 'found'> {
  if (options.create !== 'create') return created
  try {
    await using pair = await openPair(ends, options.signal)
    // The same command again, after a run that broke: its database is there, with its ledger.
    if ((await openLedger(pair.target)) !== undefined) return 'found'
    // Or without one, where it broke before it had a ledger.
    if (await isAsCreated(await readDatabase(pair.source), pair.target)) return 'bare'
  } catch (error) {
    if (!(error instanceof PgleapError && error.code === 'connect.no-database' && error.party === 'target')) throw error
  }
  await using source = await ends.openSource('control', options.signal)
  await createDatabase(ends.target, { ...(await readDatabase(source)), tablespace }, options.signal)
  return 'created'
}

function assertSameRun(ledger: Ledger<Work>, ends: Servers, choices: Chosen): void {
  const notes = notesOf(ledger)
  const began = ledger.run.source['describe']
  if (began !== ends.source.describe()) {
    throw new PgleapError({
      code: 'resume.other-source',
      message: `The target holds an unfinished run from another source: ${began ?? 'unknown'}.`,
      hint: 'Go on with it by "pgleap resume", or name an empty target.',
      party: 'usage',
    })
  }
  assertSameChoices(notes.choices, choices)
}

export function begin(
  pair: Pair,
  ends: Servers,
  snapshot: SourceSnapshot,
  notes: RunNotes,
  steps: Ledger<Work>['steps'],
): Promise<Ledger<Work>> {
  return createLedger(pair.target, {
    run: {
      pgleapVersion: pgleapVersion(),
      source: { describe: ends.source.describe(), connection: withoutSecrets(ends.source) },
      snapshot: snapshot.identity,
      options: { ...notes },
    },
    steps,
  })
}
