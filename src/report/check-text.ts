import { formatDuration } from '../units.ts'
import { findingsOf, openFindings, SEVERITIES } from './check-report.ts'
import type { CheckReport, CheckVerdict, WaiverReport } from './check-report.ts'
import type { CheckResult, Finding, MigrationPath, Severity } from './findings.ts'
import { fixText } from './fix-text.ts'
import { describeEndpoint } from './summary.ts'
import { fields, oneLine, paragraphs, plural, wrap } from './text.ts'
import type { Look, Style } from './text.ts'

const WIDTH = 100
/** Of one check; the rest is counted. */
const MOST_LISTED = 10
const MOST_NAMED = 8
const OTHER_PATHS: readonly MigrationPath[] = ['offline', 'online', 'roles']

const VERDICTS: Record<CheckVerdict, { look: Look; meaning: string }> = {
  READY: { look: 'good', meaning: 'nothing blocks a migration' },
  BLOCKED: { look: 'bad', meaning: 'a migration would fail, or lose something' },
  UNKNOWN: { look: 'care', meaning: 'nothing blocks as far as could be seen, and not all could be seen' },
}

const HEADINGS: Record<Severity, { look: Look; text: string }> = {
  block: { look: 'bad', text: 'Blocks: to be mended first' },
  error: { look: 'care', text: 'Fails in part, or needs a decision' },
  warning: { look: 'care', text: 'Warnings' },
  info: { look: 'strong', text: 'Good to know' },
}

/** The outcome of a check, for people: findings by severity, what could not be seen, what to do next. */
export function checkText(report: CheckReport, style: Style): string {
  const { look, meaning } = VERDICTS[report.verdict]
  const blocks = [
    [`Check: ${style(look, report.verdict)} (${meaning})`],
    facts(report, style),
    ...SEVERITIES.map((severity) => severityBlock(report, severity, style)),
    unknownBlock(report, style),
    waiverBlock(report, style),
    nextBlock(report),
  ]
  return paragraphs(blocks)
}

function facts(report: CheckReport, style: Style): string[] {
  const { source, target } = report
  const counts = (status: CheckResult['status']) => report.results.filter((result) => result.status === status).length
  const found = openFindings(report.results).length
  const waived = findingsOf(report.results).length - found
  const sums = [
    plural(found, 'finding'),
    ...(waived === 0 ? [] : [`${String(waived)} waived`]),
    ...(counts('unknown') === 0 ? [] : [`${String(counts('unknown'))} could not look`]),
    `${String(counts('passed'))} passed`,
    `${String(counts('skipped'))} skipped`,
  ]
  return fields(
    [
      ['source', describeSide(source)],
      ['target', target === undefined ? `PostgreSQL ${String(report.to)}, not looked at` : describeSide(target)],
      ['for', report.paths.join(', ')],
      ['checks', `${sums.join(', ')}, in ${formatDuration(report.ms)}`],
    ],
    style,
  )
}

function describeSide(side: CheckReport['source']): string {
  return `${describeEndpoint(side)}, ${side.provider}`
}

/** The open findings of one severity, grouped by their check. */
function severityBlock(report: CheckReport, severity: Severity, style: Style): string[] {
  const groups = report.results.flatMap((result) => {
    const found = openFindings([result]).filter((finding) => finding.severity === severity)
    return found.length === 0 ? [] : groupLines(result, found, style)
  })
  if (groups.length === 0) return []
  const { look, text } = HEADINGS[severity]
  return [style(look, text), ...groups]
}

function groupLines(result: CheckResult, found: readonly Finding[], style: Style): string[] {
  const entries = entriesOf(found)
  const shown = entries.slice(0, MOST_LISTED)
  const rest = entries.slice(MOST_LISTED).reduce((sum, { objects }) => sum + Math.max(1, objects.length), 0)
  // A fix that all of them share is said once, below them.
  const shared = new Set(entries.map(({ fix }) => fix)).size === 1 ? entries[0]?.fix : undefined
  const lines = shown.flatMap(({ objects, message, fix }) => {
    const names = namesOf(objects)
    const what = wrap(names === '' ? oneLine(message) : `${names}: ${oneLine(message)}`, WIDTH - 7)
    const own = fix === shared ? undefined : fix
    return [...what.map((line, at) => `${at === 0 ? '     - ' : '       '}${line}`), ...fixLines(own, style)]
  })
  return [
    `  ${style('strong', result.id)}  ${result.title}`,
    ...lines,
    ...(rest > 0 ? [`       and ${rest.toLocaleString('en-US')} more; --json lists them all`] : []),
    ...fixLines(shared, style),
  ]
}

function namesOf(objects: readonly string[]): string {
  const rest = objects.length - MOST_NAMED
  const names = objects.slice(0, MOST_NAMED).map(oneLine).join(', ')
  return rest > 0 ? `${names} and ${rest.toLocaleString('en-US')} more` : names
}

interface Entry {
  objects: string[]
  message: string
  fix: string | undefined
}

/** What is said of several objects in the same words is said once. */
function entriesOf(found: readonly Finding[]): Entry[] {
  const byMessage = new Map<string, Finding[]>()
  for (const finding of found) byMessage.set(finding.message, [...(byMessage.get(finding.message) ?? []), finding])
  return [...byMessage].map(([message, alike]) => ({
    objects: alike.flatMap(({ object }) => (object === undefined ? [] : [object])),
    message,
    fix: sharedFix(alike),
  }))
}

/** The fix of findings that are alike, or the first of theirs. */
function sharedFix(alike: readonly Finding[]): string | undefined {
  const fixes = [...new Set(alike.flatMap(({ fix }) => (fix === undefined ? [] : [fixText(fix)])))]
  const [first] = fixes
  if (first === undefined || fixes.length === 1) return first
  return `${first} (${String(fixes.length - 1)} more like it: --fix-sql, --json)`
}

function fixLines(fix: string | undefined, style: Style): string[] {
  return fix === undefined ? [] : wrapped(style('faint', 'fix'), fix)
}

function wrapped(word: string, text: string): string[] {
  return wrap(oneLine(text), WIDTH - 12).map((line, at) => `       ${at === 0 ? `${word}  ` : '     '}${line}`)
}

function unknownBlock(report: CheckReport, style: Style): string[] {
  const blind = report.results.flatMap((result) => (result.status === 'unknown' ? [result] : []))
  if (blind.length === 0) return []
  const lines = blind.flatMap(({ id, title, reason }) => [
    `  ${style('strong', id)}  ${title}`,
    ...wrap(oneLine(reason), WIDTH - 7).map((line) => `       ${line}`),
  ])
  return [style('care', 'Could not look; this is not passed'), ...lines]
}

function waiverBlock(report: CheckReport, style: Style): string[] {
  const of = (state: 'expired' | 'unused') => report.waivers.filter((waiver) => waiver.state === state)
  const lines = [
    ...of('expired').map((waiver) => `  ${nameOf(waiver)} ended on ${waiver.until}, and silences nothing any more`),
    ...of('unused').map((waiver) => `  ${nameOf(waiver)} (line ${String(waiver.line)}) matches no finding`),
  ]
  return lines.length === 0 ? [] : [style('care', 'Waivers'), ...lines]
}

function nameOf({ id, object = '' }: WaiverReport): string {
  return oneLine(`${id} ${object}`)
}

function nextBlock(report: CheckReport): string[] {
  const open = openFindings(report.results)
  const lines: string[] = []
  if (report.verdict === 'BLOCKED') lines.push('Next: mend what blocks, then check again.')
  if (report.verdict === 'READY' && open.some(({ severity }) => severity === 'error')) {
    lines.push('Next: decide over what fails in part. A waiver (--waivers) keeps what you decided.')
  }
  if (report.verdict === 'UNKNOWN')
    lines.push('Next: check again as a user who may look, or leave checks out with --skip.')
  if (open.some(({ fix }) => fix?.kind === 'sql'))
    lines.push('--fix-sql FILE writes the statements that mend things, to be read and run by you.')
  const others = OTHER_PATHS.filter((path) => !report.paths.includes(path))
  if (others.length > 0)
    lines.push(
      `Not looked at: what concerns ${others.join(' or ')} alone; ${others.map((path) => `--path ${path}`).join(' ')} does.`,
    )
  if (report.target === undefined) lines.push('Name the target, too, and what only it can answer is checked.')
  return lines
}
