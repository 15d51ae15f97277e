import { allChecks, knownIds, openEnds, runChecks } from '../check/index.ts'
import { PgleapError } from '../errors.ts'
import { rowsAreWanted } from '../plan/index.ts'
import { findingsOf, fixText, type CheckResult, type Finding } from '../report/index.ts'
import type { Chosen } from './choices.ts'
import type { Providers } from './providers.ts'
import type { RunLog } from './run-log.ts'
import type { Servers } from './servers.ts'

export interface PreflightOptions {
  servers: Servers
  providers: Providers
  choices: Chosen
  log: RunLog
  signal: AbortSignal | undefined
  /** `server` and `database`: the checks that are about that alone; a run of many databases asks about the servers once. @defaultValue 'both' */
  about?: 'server' | 'database' | 'both'
}

/**
 * What the run asks itself, later and by the whole archive, with the user's filters and renamings: its refusal says more than the
 * finding (preconditions.ts, readable.ts). The other findings of these checks count.
 */
const ASKED_LATER: ReadonlySet<string> = new Set(['R12', 'R15', 'R16', 'X01'])

/** The same, where nothing else is left of the check: an empty target, and tablespaces. */
const ASKED_BY_THE_RUN = ['T04', 'D12']

/**
 * Looks for what stands in the way before anything is made. Findings that only are worth knowing are counted in one notice.
 *
 * @throws PgleapError `check.blocked` where something stands in the way, `usage.check-id`
 */
export async function preflight(options: PreflightOptions): Promise<void> {
  const { servers, providers, choices, log, signal, about = 'both' } = options
  const checks = allChecks.filter((check) => about === 'both' || check.about === about)
  const known = knownIds(choices.skipChecks)
  const asked = new Set(checks.flatMap(({ id }) => (known.has(id) ? [id] : [])))
  log.phase('check')
  await using ends = await openEnds({
    source: servers.source,
    target: servers.target,
    to: 0,
    paths: ['offline'],
    sourceProvider: providers.source,
    targetProvider: providers.target,
    signal,
  })
  const skip = new Set([...asked, ...ASKED_BY_THE_RUN, ...notConcerned(choices)])
  const results = await runChecks(ends, { checks, skip })
  const findings = findingsOf(results).filter((finding) => concerns(finding, choices))
  const blockers = findings.filter(({ severity }) => severity === 'block')
  for (const group of byCheck(blockers)) noteFindings(group, 'check.blocker', log)
  if (blockers.length > 0) throw blocked(blockers)
  for (const group of byCheck(findings.filter(({ severity }) => severity === 'error'))) {
    noteFindings(group, 'check.finding', log)
  }
  noteUnknown(results, log)
  noteSkipped(asked, log)
  noteOthers(findings, log)
}

function notConcerned({ owners, privileges, roleMap }: Chosen): string[] {
  const isRenaming = Object.keys(roleMap).length > 0
  return [
    ...(owners === 'skip' && privileges === 'skip' ? ['R12'] : []),
    ...(privileges === 'skip' || isRenaming ? ['R13'] : []),
  ]
}

function concerns({ id, severity, object = '' }: Finding, choices: Chosen): boolean {
  if (severity === 'block' && ASKED_LATER.has(id)) return false
  const { include, exclude, excludeData } = choices
  if (include.length + exclude.length === 0) return true
  // `table sales.orders`, `sales.orders.total`: what a filter leaves out stands in nobody's way.
  const [, schema, name] = /(?:^| )([^\s."]+)\.([^\s."]+)/u.exec(object) ?? []
  return schema === undefined || name === undefined
    ? true
    : rowsAreWanted([{ schema, name }], { include, exclude, excludeData: id.startsWith('R') ? excludeData : [] })
}

function byCheck(findings: readonly Finding[]): [Finding, ...Finding[]][] {
  const groups = new Map<string, [Finding, ...Finding[]]>()
  for (const finding of findings) {
    const group = groups.get(finding.id)
    if (group === undefined) groups.set(finding.id, [finding])
    else group.push(finding)
  }
  return [...groups.values()]
}

/** One notice a check: a thousand objects may have the same. */
function noteFindings([first, ...others]: [Finding, ...Finding[]], code: string, log: RunLog): void {
  const { id, object, message, fix } = first
  const more = others.length === 0 ? '' : ` (and ${String(others.length)} more like it)`
  log.notice({
    level: 'warning',
    code,
    message: `${id}: ${message}${more}`,
    ...(object === undefined ? {} : { object }),
    ...(fix === undefined ? {} : { hint: fixText(fix) }),
  })
}

const MOST_NAMES = 5

function blocked(findings: readonly Finding[]): PgleapError {
  const names = findings.map(({ id, object }) => (object === undefined ? id : `${id} ${object}`))
  const more = names.length - MOST_NAMES
  const count = findings.length === 1 ? 'something that stands' : `${String(findings.length)} things that stand`
  return new PgleapError({
    code: 'check.blocked',
    message: `The check found ${count} in the way: ${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${String(more)} more` : ''}.`,
    hint: '"pgleap check SOURCE TARGET" shows all of it with how to mend it; --skip-check leaves a check out.',
    party: 'findings',
  })
}

function noteUnknown(results: readonly CheckResult[], log: RunLog): void {
  const blind = results.flatMap((result) =>
    result.status === 'unknown' && result.severity === 'block' ? [`${result.id} (${result.title})`] : [],
  )
  if (blind.length === 0) return
  log.notice({
    level: 'warning',
    code: 'check.unknown',
    message: `Some checks could not look, so what they ask is not known: ${blind.join(', ')}.`,
    hint: '"pgleap check SOURCE TARGET" shows the reasons.',
  })
}

function noteSkipped(ids: ReadonlySet<string>, log: RunLog): void {
  if (ids.size === 0) return
  log.notice({
    level: 'warning',
    code: 'check.skipped',
    message: `Checks were left out as asked: ${[...ids].join(', ')}.`,
  })
}

function noteOthers(findings: readonly Finding[], log: RunLog): void {
  const words = (['error', 'warning'] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length
    return count === 0 ? [] : [`${String(count)} ${severity}${count === 1 ? '' : 's'}`]
  })
  if (words.length === 0) return
  log.notice({ level: 'info', code: 'check.summary', message: `check: ${words.join(', ')} (pgleap check shows them)` })
}
