import { readFile } from 'node:fs/promises'
import { checkServers } from '../check/index.ts'
import { connect, parseConnection } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { plan, readPrediction } from '../migrate/index.ts'
import { findingsOf, type CheckReport, type PlanReport, type RunbookReport } from '../report/index.ts'
import { formatDuration } from '../units.ts'
import { flagsOf } from './flags.ts'
import { assertFree, writeFolder, type RunbookFile } from './folder.ts'
import { offlineSteps } from './offline-steps.ts'
import { onlineSteps } from './online-steps.ts'
import { DEFAULT_ALLOWED_PAUSE_MS, DEFAULT_SAMPLE_MS, type RunbookOptions } from './options.ts'
import { readme } from './readme.ts'
import { obstaclesOf, recommend, type Obstacle, type RecommendFacts, type Way } from './recommend.ts'
import { activateFile, scriptFile, type NamedEnd, type RunbookEnds } from './scripts.ts'
import type { RunbookStep } from './step.ts'
import { sampleWrites } from './write-rate.ts'

/** Above this, a rehearsal copies a sample. */
const SAMPLE_ABOVE_BYTES = 1024 ** 3
/** A plan knows sizes and no machine, and comparing reads everything once more on both sides. */
const COMPARING_TOO = 2
const GUESS_OFF_BY = 2
/** What `online cutover` takes for `--max-pause` by itself. */
const CUTOVER_LETS_GO_MS = 30_000
/** What even an empty database takes. */
const LEAST_MS = 5_000

/**
 * Writes a folder for the people who will run a migration: README, numbered scripts, and `activate` with the environment, in
 * which there is no secret (invariant 4). Changes nothing on either server; nothing in the folder is overwritten.
 *
 * @throws PgleapError `usage.runbook-folder`, `usage.runbook-way`, and what `plan` and `check` throw
 */
export async function runbook(options: RunbookOptions): Promise<RunbookReport> {
  const { folder, source, target, signal, allowedPauseMs = DEFAULT_ALLOWED_PAUSE_MS } = options
  await assertFree(folder)
  const ends = endsOf(options)
  const common = {
    source,
    target,
    ...(options.sourceProvider === undefined ? {} : { sourceProvider: options.sourceProvider }),
    ...(options.targetProvider === undefined ? {} : { targetProvider: options.targetProvider }),
    ...(signal === undefined ? {} : { signal }),
  }
  const prediction = options.prediction === undefined ? undefined : await predictionOf(options.prediction)
  const online = await checkServers({ ...common, paths: ['online'] })
  const { roles, writes } = await look(ends, options)
  // Step 30 brings the roles that are missing now; until then the target's own user stands in for each.
  const stoodIn = Object.fromEntries(roles.map((role) => [role, ends.target.info.user]))
  const planned = await plan({ ...options, owners: 'skip', privileges: 'skip', roleMap: stoodIn })

  const guessMs = planned.estimateMs * COMPARING_TOO + LEAST_MS
  const measured: RecommendFacts = {
    allowedPauseMs,
    bytes: planned.bytes,
    offline:
      prediction === undefined
        ? { likelyMs: guessMs, highMs: guessMs * GUESS_OFF_BY, basis: 'plan' }
        : { likelyMs: prediction.totalMs, highMs: prediction.highMs, basis: 'rehearsal' },
    writes: { ...writes, ...averageOf(online) },
    obstacles: [...obstaclesOf(online), ...filterObstacle(options)],
  }
  const recommendation = recommend(measured)
  const way = options.way ?? recommendation.way
  refuseFiltersOnline(way, options)
  const check = way === 'online' ? online : await checkServers({ ...common, paths: [way] })
  const steps = stepsOf(way, measured, options)
  const files: RunbookFile[] = [
    {
      name: 'README.md',
      text: readme({
        way,
        recommendation,
        measured,
        plan: planned,
        check,
        steps,
        pause: options.allowedPauseMs === undefined ? 'assumed' : 'given',
        writtenAt: new Date().toISOString(),
      }),
      mode: 0o644,
    },
    activateFile(ends),
    ...steps.flatMap((step) => (step.script === undefined ? [] : [scriptFile(step, step.script)])),
    ...(prediction === undefined
      ? []
      : [{ name: 'results/prediction.json', text: prediction.text, mode: 0o644 as const }]),
  ]
  await writeFolder(folder, files)
  return {
    folder,
    files: files.map(({ name }) => name),
    way,
    recommendation,
    allowedPauseMs,
    offlineMs: { likely: measured.offline.likelyMs, high: measured.offline.highMs, basis: measured.offline.basis },
    writes,
    check: check.verdict,
    plan: withoutSteps(planned),
  }
}

/** The file goes into the runbook as it is: step 40 compares the real run with it. */
async function predictionOf(file: string): Promise<{ totalMs: number; highMs: number; text: string }> {
  const { totalMs, highMs } = await readPrediction(file)
  return { totalMs, highMs, text: await readFile(file, 'utf8') }
}

function endsOf({ source, target, sourceFromTarget }: RunbookOptions): RunbookEnds {
  return {
    source: named(source),
    target: named(target),
    ...(sourceFromTarget === undefined ? {} : { sourceFromTarget: named(sourceFromTarget) }),
  }
}

function named(text: string): NamedEnd {
  return { text, info: parseConnection(text) }
}

async function look(
  { source }: RunbookEnds,
  options: RunbookOptions,
): Promise<{ roles: string[]; writes: RecommendFacts['writes'] }> {
  const { signal, sampleMs = DEFAULT_SAMPLE_MS } = options
  await using session = await connect(source.info, { side: 'source', purpose: 'write rate', signal })
  const roles = await session.query<{ name: string }>('SELECT rolname::text AS name FROM pg_catalog.pg_roles')
  return { roles: roles.map(({ name }) => name), writes: await sampleWrites(session, sampleMs, signal) }
}

/** Check I08 reads the counters since they were reset. */
function averageOf(online: CheckReport): Pick<RecommendFacts['writes'], 'average'> {
  const [finding] = findingsOf(online.results).filter(({ id }) => id === 'I08')
  return finding === undefined ? {} : { average: finding.message }
}

function stepsOf(way: Way, { bytes, offline, allowedPauseMs }: RecommendFacts, options: RunbookOptions): RunbookStep[] {
  const likely = formatDuration(offline.likelyMs)
  const facts = {
    flags: flagsOf(options),
    sampled: bytes > SAMPLE_ABOVE_BYTES ? ('some' as const) : ('all' as const),
    takes: {
      copy: `about ${likely}, at most ${formatDuration(offline.highMs)}`,
      pause: `a pause of seconds; ${formatDuration(allowedPauseMs)} are allowed`,
      rehearse: bytes > SAMPLE_ABOVE_BYTES ? `a part of ${likely}` : `about ${likely}`,
    },
    maxPause: allowedPauseMs < CUTOVER_LETS_GO_MS ? ['--max-pause', `${String(Math.ceil(allowedPauseMs))}ms`] : [],
    sourceFromTarget: options.sourceFromTarget === undefined ? ('same' as const) : ('given' as const),
  }
  return way === 'offline' ? offlineSteps(facts) : onlineSteps(facts)
}

/** Online replicates whole databases. */
function filtersOf({ include, exclude, excludeData }: RunbookOptions): readonly string[] {
  return [...(include ?? []), ...(exclude ?? []), ...(excludeData ?? [])]
}

function filterObstacle(options: RunbookOptions): Obstacle[] {
  if (filtersOf(options).length === 0) return []
  return [{ id: '--include, --exclude', kind: 'standing', what: 'a choice of tables' }]
}

function refuseFiltersOnline(way: Way, options: RunbookOptions): void {
  if (way === 'offline' || filtersOf(options).length === 0) return
  throw new PgleapError({
    code: 'usage.runbook-way',
    message: 'An online migration moves the whole database, and a choice of tables was given.',
    hint: 'Leave out --include, --exclude and --exclude-data, or choose the way offline.',
    party: 'usage',
  })
}

/** A plan of 10,000 tables has a hundred thousand steps, and nobody reads them here. */
function withoutSteps({ steps, tables, ...rest }: PlanReport): RunbookReport['plan'] {
  return { ...rest, tables: tables.length, steps: steps.length }
}
