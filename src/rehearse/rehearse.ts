import type { Archive, Entry } from '../archive/index.ts'
import { readDatabase, type DatabaseFacts } from '../catalog/index.ts'
import { checkServers } from '../check/index.ts'
import { connect, parseConnection } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { endpoint, quotingFor, RunLog } from '../migrate/index.ts'
import { dumpSchema } from '../pgdump/index.ts'
import type { CheckResult, RehearsalReport } from '../report/index.ts'
import { checkBodies, type CheckedBodies } from './bodies.ts'
import { describe } from './describe.ts'
import { failureOf, failureOfBody } from './failures.ts'
import type { RehearseOptions } from './options.ts'
import { createScratchDatabase, leftOvers, type ScratchDatabase } from './scratch-database.ts'
import { startScratchServer } from './scratch-server.ts'
import { spaceFromCatalog } from './space.ts'
import { EntryTrial, type Outcome } from './try-entries.ts'
import { rolesTo, type SchemaOutcome, type Stage } from './stage.ts'
import { withData } from './with-data.ts'

/** The oldest and the newest major that pgleap knows embedded servers of. */
const [OLDEST, NEWEST] = [13, 18]

/** As pg_dump's scripts have it: bodies may name what is not there yet. They are looked at when all is there. */
const SETTINGS = {
  synchronous_commit: 'off',
  check_function_bodies: 'off',
  default_tablespace: '',
}

/**
 * Tries a source's whole schema on the target's version: makes each object in a scratch database of its own, on the target
 * server or on an embedded one, and has every function's body read. What fails is in the report and is no error. With
 * `data`, the rows are copied too, and the report predicts the real run. Nothing is left behind, however it ends.
 *
 * @throws PgleapError of the party that has to act; `rehearse.not-dropped` names a scratch database that had to stay
 */
export async function rehearse(options: RehearseOptions): Promise<RehearsalReport> {
  const { signal } = options
  const log = new RunLog(options.onEvent)
  log.phase('connect')
  const info = parseConnection(options.source)
  await using source = await connect(info, { side: 'source', purpose: 'rehearse', settings: READ_ONLY, signal })
  assertPossible(options, source.major)
  const like = await readDatabase(source)
  if (options.target !== undefined) {
    const server = parseConnection(options.target)
    return await onServer({ options, log, info, source, like, server, kind: 'target' })
  }
  await using embedded = await startScratchServer(options.to ?? NEWEST, signal)
  return await onServer({ options, log, info, source, like, server: embedded.connection, kind: 'embedded' })
}

const READ_ONLY = { default_transaction_read_only: 'on' }

function assertPossible({ target, to, sample }: RehearseOptions, sourceMajor: number): void {
  if ((target === undefined) === (to === undefined)) {
    throw unusable(
      'usage.to',
      target === undefined ? 'Neither a target is named nor a version.' : 'A target is named, and a version as well.',
      'Name a target server, or a version by --to: then an embedded server of that version is used.',
    )
  }
  if (to !== undefined && (!Number.isInteger(to) || to < Math.max(OLDEST, sourceMajor) || to > NEWEST)) {
    throw unusable(
      'usage.to',
      `A migration from PostgreSQL ${String(sourceMajor)} cannot be rehearsed on ${String(to)}.`,
      `It may be ${String(Math.max(OLDEST, sourceMajor))} to ${String(NEWEST)}.`,
    )
  }
  if (sample !== undefined && !(sample > 0 && sample <= 1)) {
    throw unusable(
      'usage.sample',
      `The sample ${String(sample)} is no share of the rows.`,
      'A share is above 0 and at most 1 (100%).',
    )
  }
}

function unusable(code: string, message: string, hint: string): PgleapError {
  return new PgleapError({ code, message, hint, party: 'usage' })
}

async function onServer(stage: Stage): Promise<RehearsalReport> {
  const { options, log, source } = stage
  const { signal } = options
  log.phase('check')
  const to = options.target === undefined ? { to: options.to ?? NEWEST } : { target: options.target }
  const checked = await checkServers({ source: options.source, ...to, ...(signal === undefined ? {} : { signal }) })
  log.phase('schema')
  const archive = await dumpSchema({
    source: stage.info,
    quote: quotingFor(source.major, checked.to),
    open: (inner) => connect(stage.info, { side: 'source', purpose: 'pg_dump', signal: inner }),
    ...(options.pgDump === undefined ? {} : { pgDumpPath: options.pgDump }),
    ...(signal === undefined ? {} : { signal }),
    onWarning: (line) => {
      log.notice({ level: 'warning', code: 'pgdump.warning', message: line })
    },
  })
  const schema = await inScratch(stage, (scratch) => tryOut(stage, archive, scratch, checked.results))
  const data =
    options.data === 'copy' || options.sample !== undefined
      ? await inScratch(stage, (scratch) => withData(stage, { archive, scratch, schema, checks: checked.results }))
      : { failures: [], blocked: [], space: await spaceFromCatalog(source) }
  log.phase('finish')
  const failures = [...schema.failures, ...data.failures]
  const blocked = [...schema.blocked, ...data.blocked]
  return {
    source: endpoint(stage.info, source),
    scratch: schema.scratch,
    startedAt: new Date(log.startedAt).toISOString(),
    ms: Date.now() - log.startedAt,
    verdict: failures.length + blocked.length === 0 ? 'ARRIVES' : 'FAILS',
    objects: schema.objects,
    failures,
    blocked,
    bodies: schema.bodies,
    notices: log.notices,
    space: data.space,
    ...('prediction' in data && data.prediction !== undefined ? { prediction: data.prediction } : {}),
  }
}

/** Lends a fresh scratch database, and drops it. Where both the work and the drop fail, the drop's error says so. */
async function inScratch<T>(
  { server, like, log, options, kind }: Stage,
  use: (scratch: ScratchDatabase) => Promise<T>,
): Promise<T> {
  const scratch = await createScratchDatabase({
    server,
    like,
    onNotice: (notice) => {
      if (!log.notices.some(({ code }) => code === notice.code)) log.notice(notice)
    },
    signal: options.signal,
  })
  try {
    if (kind === 'target') await noteLeftOvers(scratch, log)
    return await use(scratch)
  } finally {
    // What this throws replaces what failed before: a database that stays on somebody's server has to be named.
    await scratch[Symbol.asyncDispose]()
  }
}

async function noteLeftOvers(scratch: ScratchDatabase, log: RunLog): Promise<void> {
  await using session = await connect(scratch.connection, { side: 'target', purpose: 'rehearse' })
  for (const notice of await leftOvers(session)) {
    if (notice.object === scratch.name || log.notices.some(({ object }) => object === notice.object)) continue
    log.notice(notice)
  }
}

async function tryOut(
  { options, log, source, like, server, kind }: Stage,
  archive: Archive,
  scratch: ScratchDatabase,
  checks: readonly CheckResult[],
): Promise<SchemaOutcome> {
  log.phase('rehearse')
  const { signal } = options
  await using session = await connect(scratch.connection, {
    side: 'target',
    purpose: 'rehearse',
    settings: SETTINGS,
    signal,
  })
  const trial = new EntryTrial({
    session,
    archive,
    roleMap: rolesTo(session.user, archive),
    onOutcome: (entry, outcome) => {
      report(log, entry, outcome)
    },
  })
  await trial.objects()
  const bodies = await checkBodies({ scratch: session, source, searchPath: searchPathOf(like) })
  for (const { object, error } of bodies.broken) {
    const { message, sqlstate } = error.server
    log.emit({ type: 'tried', at: Date.now(), object, outcome: 'failed', message, sqlstate })
  }
  await trial.late()
  return {
    scratch: { ...endpoint(server, session), server: kind },
    ...resultOf(trial, bodies, archive, checks),
    outcomes: trial.outcomes,
  }
}

function resultOf(trial: EntryTrial, bodies: CheckedBodies, archive: Archive, checks: readonly CheckResult[]) {
  const outcomes = [...trial.outcomes]
  const failures = outcomes.flatMap(([entry, outcome]) =>
    outcome.status === 'failed' ? [failureOf(entry, outcome.error, checks)] : [],
  )
  const blocked = outcomes.flatMap(([entry, outcome]) =>
    outcome.status === 'blocked' ? [{ object: describe(entry), because: describe(outcome.because) }] : [],
  )
  return {
    objects: {
      tried: outcomes.length,
      arrived: outcomes.filter(([, { status }]) => status === 'arrived').length,
      failed: failures.length,
      blocked: blocked.length,
    },
    failures: [...failures, ...bodies.broken.map((body) => failureOfBody(body, archive, checks))],
    blocked,
    bodies: bodies.report,
  }
}

function report(log: RunLog, entry: Entry, outcome: Outcome): void {
  const object = describe(entry)
  switch (outcome.status) {
    case 'failed': {
      const { message, sqlstate } = failureOf(entry, outcome.error, [])
      log.emit({ type: 'tried', at: Date.now(), object, outcome: 'failed', message, sqlstate: sqlstate ?? '' })
      return
    }
    case 'blocked': {
      const message = `needs ${describe(outcome.because)}, which fails`
      log.emit({ type: 'tried', at: Date.now(), object, outcome: 'blocked', message })
      return
    }
    case 'unknown':
      log.notice({
        level: 'warning',
        code: 'rehearse.given-up',
        message: `${object} was given up after a minute: whether it works is not known.`,
        object,
      })
      return
    case 'arrived':
  }
}

/** Where the source's own sessions look for names, as far as that is the database's matter. */
function searchPathOf({ settings }: DatabaseFacts): string {
  const own = settings.find(({ role, name }) => role === undefined && name === 'search_path')
  return own?.value ?? '"$user", public'
}
