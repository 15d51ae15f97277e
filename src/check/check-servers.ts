import { addressOf, parseConnection } from '../connection/index.ts'
import type { ConnectionInfo, Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import type { Provider } from '../provider/index.ts'
import { resolveProvider } from '../provider/index.ts'
import { verdictOf } from '../report/index.ts'
import type { CheckReport, EmitEvent, Endpoint, MigrationPath } from '../report/index.ts'
import { allChecks } from './all.ts'
import type { CheckedServer } from './check.ts'
import { openEnds } from './ends.ts'
import { runChecks } from './run-checks.ts'
import { applyWaivers, type Waiver } from './waivers.ts'

export interface CheckOptions {
  /** Connection string of the database that would be read. */
  source: string
  /** Connection string of the database that would be filled. Without it, only what the source can answer is checked. */
  target?: string
  /** The target's major, where no target is named. @defaultValue 18, the newest that pgleap knows */
  to?: number
  /** The ways to migrate that are asked about. @defaultValue ['offline'], which is what `migrate` does */
  paths?: readonly MigrationPath[]
  /** A provider's id, or a YAML file of one's own, in place of what the source is recognised as. */
  sourceProvider?: string
  targetProvider?: string
  /** Path of a waiver file (docs/checks.md). */
  waivers?: string
  /** Ids of checks that are not to be run. */
  skip?: readonly string[]
  /** Called with every event (docs/events.md). */
  onEvent?: EmitEvent
  /** Aborting it cancels the queries on the servers. */
  signal?: AbortSignal
}

const NEWEST_MAJOR = 18
const OLDEST_MAJOR = 10

/**
 * Looks at the source, and the target if there is one, for all that can stand in the way of a migration. Changes nothing: every
 * session is read only, with timeouts.
 *
 * @throws PgleapError of the party `source` or `target` where a server cannot be reached or goes away, `usage` for
 * options that cannot be used; what is found is no error
 */
export async function checkServers(options: CheckOptions): Promise<CheckReport> {
  const { signal, paths = ['offline'], onEvent } = options
  const started = Date.now()
  const source = parseConnection(options.source)
  const target = options.target === undefined ? undefined : parseConnection(options.target)
  const to = majorAsked(options)
  const skip = knownIds(options.skip ?? [])
  const waivers = await waiversOf(options)
  const sourceProvider = await chosenProvider(options.sourceProvider)
  const targetProvider = await chosenProvider(options.targetProvider)
  onEvent?.({ type: 'phase', at: Date.now(), phase: 'connect' })
  await using ends = await openEnds({ source, target, to, paths, sourceProvider, targetProvider, signal })
  onEvent?.({ type: 'phase', at: Date.now(), phase: 'check' })
  const results = await runChecks(ends, {
    checks: allChecks,
    skip,
    onResult: (result) => {
      const findings = result.status === 'found' ? result.findings.length : 0
      const reason = 'reason' in result ? { reason: result.reason } : {}
      onEvent?.({ type: 'checked', at: Date.now(), id: result.id, status: result.status, findings, ...reason })
    },
  })
  const judged = applyWaivers(results, waivers, new Date().toISOString().slice(0, 10))
  return {
    source: sideOf(source, ends.source, ends.pair.source),
    target:
      target === undefined || ends.target === undefined ? undefined : sideOf(target, ends.target, ends.pair.target),
    to: ends.pair.target.major,
    paths,
    startedAt: new Date(started).toISOString(),
    ms: Date.now() - started,
    verdict: verdictOf(judged.results),
    ...judged,
  }
}

async function waiversOf({ waivers }: CheckOptions): Promise<Waiver[]> {
  if (waivers === undefined) return []
  // What reads YAML takes long to load.
  const { readWaivers } = await import('./read-waivers.ts')
  return readWaivers(waivers)
}

async function chosenProvider(choice: string | undefined): Promise<Provider | undefined> {
  return choice === undefined ? undefined : resolveProvider(choice)
}

function majorAsked({ target, to }: CheckOptions): number {
  if (target !== undefined && to !== undefined) {
    throw new PgleapError({
      code: 'usage.to',
      message: 'A target is named, and a version to migrate to as well.',
      hint: 'Leave one of them out: the target says its version itself.',
      party: 'usage',
    })
  }
  const major = to ?? NEWEST_MAJOR
  if (Number.isInteger(major) && major >= OLDEST_MAJOR && major <= NEWEST_MAJOR) return major
  throw new PgleapError({
    code: 'usage.to',
    message: `${String(major)} is no version that pgleap can check for.`,
    hint: `It knows the major versions ${String(OLDEST_MAJOR)} to ${String(NEWEST_MAJOR)}.`,
    party: 'usage',
  })
}

/** @throws PgleapError `usage.check-id` where one is none */
export function knownIds(ids: readonly string[]): ReadonlySet<string> {
  const unknown = ids.filter((id) => !allChecks.some((check) => check.id === id))
  if (unknown.length === 0) return new Set(ids)
  throw new PgleapError({
    code: 'usage.check-id',
    message: `There is no check ${unknown.join(', ')}.`,
    hint: 'docs/checks.md lists them all.',
    party: 'usage',
  })
}

function sideOf(info: ConnectionInfo, session: Session, server: CheckedServer): Endpoint & { provider: string } {
  return { ...addressOf(info, session), provider: server.provider.name }
}
