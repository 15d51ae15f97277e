import type { Writable } from 'node:stream'
import { readWriteCounters, type WriteCounters } from '../../catalog/index.ts'
import { identifyServer, type ConnectionInfo, type ServerIdentity, type Session } from '../../connection/index.ts'
import { PgleapError } from '../../errors.ts'
import { chosen, endpoint, openSession, RunLog, takeSnapshot, type Providers } from '../../migrate/index.ts'
import { recogniseProvider, resolveProvider, selfManaged } from '../../provider/index.ts'
import type { Endpoint } from '../../report/index.ts'
import { inSnapshot } from './again.ts'
import { isDiskFull, isStandbyConflict, standbyConflict } from './errors.ts'
import { FirstFailure } from './first-failure.ts'
import { keptOf, stillWanted } from './kept.ts'
import type { ArchiveChoices, DumpedDatabase } from './options.ts'
import { reportOf } from './outcome.ts'
import { Place } from './place.ts'
import { readForDump } from './read-source.ts'
import { assertSpace, estimateBytes } from './space.ts'
import { writeArchive, type Work } from './write-archive.ts'

/** How to dump one database. */
export interface DatabaseDump {
  info: ConnectionInfo
  to: Place | Writable
  choices: ArchiveChoices
  /** Where the manifest goes in place of where it belongs; for a stream the only place. */
  manifest: string | undefined
  jobs: number
  partSize: number | undefined
  resume: 'resume' | 'new'
  /** Name of a snapshot that somebody else holds. */
  snapshot: string | undefined
  space: 'check' | 'ignore'
  sourceProvider: string | undefined
  pgDump: string | undefined
  log: RunLog
  signal: AbortSignal | undefined
}

/** What is known of the source before its snapshot is taken. */
export interface Source {
  endpoint: Endpoint
  identity: ServerIdentity
  providers: Providers
  writes: WriteCounters
}

/**
 * Dumps one database in one moment. What is unfinished has a name that does not look whole; of a directory it stays, with
 * a journal beside it, for a process that goes on.
 */
export async function dumpDatabase(run: DatabaseDump): Promise<{ source: Endpoint; database: DumpedDatabase }> {
  const failures = new FirstFailure(run.signal)
  const seen: Seen = { source: undefined }
  try {
    return await failures.watch(dumpInto(run, failures, seen))
  } catch (error) {
    const first = failures.of(error)
    if (run.to instanceof Place && run.to.kind === 'file' && !isRefusal(first)) await run.to.clear([])
    const isOfStandby = seen.source?.identity.recovering === true && run.signal?.aborted !== true
    throw isOfStandby && isStandbyConflict(first) ? standbyConflict(first) : explained(first, run)
  }
}

/** What a dump has learned of its source by the time that it fails. */
interface Seen {
  source: Source | undefined
}

async function dumpInto(
  run: DatabaseDump,
  failures: FirstFailure,
  seen: Seen,
): Promise<{ source: Endpoint; database: DumpedDatabase }> {
  const { to, log, choices } = run
  const { signal } = failures
  const earlier = to instanceof Place ? await to.look(run.resume) : undefined
  log.phase('connect')
  const openSource = (purpose: string, inner?: AbortSignal) => openSession(run.info, 'source', purpose, inner)
  const source = await readSource(run, openSource)
  seen.source = source
  await using snapshot = await takeSnapshot(
    { openSource },
    {
      choices: chosen(choices),
      providers: source.providers,
      imported: run.snapshot,
      earlier: earlier?.identity,
      whenLost: 'replace',
      signal,
    },
  )
  const kept = keptOf(earlier, snapshot, run)
  log.phase('schema')
  const { pgDump } = run
  const { providers, identity } = source
  const { recovering } = identity
  const { reading, notices } = await inSnapshot(snapshot, { log, signal }, async () => {
    const own = new RunLog(undefined)
    const options = { source: run.info, openSource, providers, choices, pgDump, recovering, log: own, signal }
    return { reading: await readForDump(snapshot, options), notices: own.notices }
  })
  // Of the attempt that came through, alone.
  for (const notice of notices) log.notice(notice)
  const work: Work = { run, source, snapshot, reading, failures, kept: stillWanted(kept, reading) }
  log.phase('plan')
  if (to instanceof Place && run.space === 'check') {
    await assertSpace(to.path, estimateBytes(reading.facts, reading.largeObjectFacts, choices.compression), log)
  }
  const done = await writeArchive(work)
  const database = reportOf(work, done)
  return { source: source.endpoint, database }
}

async function readSource(
  { info, sourceProvider }: DatabaseDump,
  openSource: (purpose: string) => Promise<Session>,
): Promise<Source> {
  await using control = await openSource('control')
  const provider =
    sourceProvider === undefined
      ? await recogniseProvider(control, info.hosts[0]?.host)
      : await resolveProvider(sourceProvider)
  return {
    endpoint: endpoint(info, control),
    identity: await identifyServer(control),
    providers: { source: provider, target: selfManaged },
    // Shortly before the snapshot: what is written in between is taken for later, which is the safe side.
    writes: await readWriteCounters(control),
  }
}

/** Refused because of what is there: that is not ours to remove. */
function isRefusal(error: unknown): boolean {
  return error instanceof PgleapError && (error.code === 'archive.exists' || error.code === 'dump.unfinished')
}

/** Whatever began well and broke then. */
const BROKEN: ReadonlySet<string> = new Set(['connection.lost', 'source.shut-down'])

function explained(error: unknown, { to, signal }: DatabaseDump): unknown {
  const left = to instanceof Place && to.kind === 'directory' ? to.partial : undefined
  if (signal?.aborted === true) {
    return new PgleapError({
      code: 'run.interrupted',
      message: 'Stopped as asked; nothing that looks whole was left.',
      hint: left === undefined ? undefined : `The same command with --resume goes on with ${left}; or remove that.`,
      party: 'interrupted',
      cause: error,
    })
  }
  if (error instanceof PgleapError && error.code === 'snapshot.lost') {
    return new PgleapError({
      code: error.code,
      message:
        'The moment of the source that this dump shows is over: every connection that held it is lost, and the source may have been written to since.',
      hint: left === undefined ? 'Dump anew.' : 'Dump anew; with --resume the same command starts over, too.',
      party: 'source',
      cause: error,
    })
  }
  if (error instanceof PgleapError && BROKEN.has(error.code)) {
    const { code, message, party } = error
    return new PgleapError({
      code,
      message,
      hint:
        left === undefined
          ? 'Dump anew: what goes into one file is written from its beginning to its end. A directory reads again what a lost connection has broken.'
          : `See whether the server is up and the network stays. The same command with --resume keeps what is finished in ${left}, where nothing was written to the source since.`,
      party,
      cause: error,
    })
  }
  if (!isDiskFull(error)) return error
  return new PgleapError({
    code: 'dump.disk-full',
    message: `No space is left where ${to instanceof Place ? to.path : 'the output'} goes; the dump was not finished.`,
    hint:
      left === undefined
        ? 'Free space there, or name another place.'
        : `Free space there and go on by --resume; or remove ${left} and name another place.`,
    party: 'usage',
    cause: error,
  })
}
