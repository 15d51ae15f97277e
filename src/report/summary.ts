import { unreachable } from '../errors.ts'
import { formatBytes, formatCount, formatDuration } from '../units.ts'
import type { Endpoint, RunReport, RunVerdict, TableReport, VerifiedObject } from './result.ts'
import { clip, columns, fields, firstOf, oneLine, paragraphs, plural } from './text.ts'
import type { Look, Style } from './text.ts'

const MOST_TABLES = 5
const MOST_LISTED = 20
const WIDTH = 160

export const VERDICT_LOOKS: Record<RunVerdict, Look> = {
  SAME: 'good',
  DIFFERENT: 'bad',
  UNKNOWN: 'bad',
  SKIPPED: 'care',
}

/** The closing summary of a run, for people: what is true now, what took the time, what is left to do. */
export function summaryText(report: RunReport, style: Style): string {
  const next = nextStepText(report)
  return paragraphs([
    [verdictLine(report.verdict, verdictMeaning(report), style)],
    facts(report, style),
    ...details(report, style),
    next === undefined ? [] : fields([['next', next]], style),
  ])
}

/** What the reports of all runs hold, wherever the rows came from. */
export type AnyRun = Omit<RunReport, 'source' | 'snapshot' | 'prediction'>

/** The longest tables, and all that is not as it should be. */
export function details(report: AnyRun, style: Style): string[][] {
  return [
    slowest(report, style),
    differences(report, style),
    failures(report, style),
    sourceWrites(report, style),
    warnings(report, style),
  ]
}

export function verdictLine(verdict: RunVerdict, meaning: string, style: Style): string {
  return `Verdict: ${style(VERDICT_LOOKS[verdict], verdict)} (${meaning})`
}

/** `42.3 s (schema 1.2 s, run 40.1 s)`. */
export function timesOf({ ms, phases }: AnyRun): string {
  const long = phases.filter((phase) => phase.ms >= 50).map((phase) => `${phase.phase} ${formatDuration(phase.ms)}`)
  return `${formatDuration(ms)}${long.length === 0 ? '' : ` (${long.join(', ')})`}`
}

/** `2.1 GB, 1,234 rows, 12 tables`. */
export function movedBy(report: AnyRun): string {
  const { bytes, rows } = totals(report)
  return `${formatBytes(bytes)}, ${plural(rows, 'row')}, ${plural(report.tables.length, 'table')}`
}

/** What the verdict of a run means, in one sentence. */
export function verdictMeaning(report: Pick<RunReport, 'verdict' | 'tables' | 'failures' | 'options'>): string {
  const all = plural(report.tables.length, 'table')
  switch (report.verdict) {
    case 'SAME':
      return report.options['verify'] === 'counts'
        ? `the row counts of ${all} are equal; contents were not compared`
        : `source and target hold the same: ${all} compared`
    case 'DIFFERENT':
      return 'source and target differ'
    case 'UNKNOWN':
      return 'not everything could be compared, so nothing is promised'
    case 'SKIPPED':
      return report.failures.length > 0 ? 'the copy is incomplete, and was not compared' : 'copied, but not compared'
    default:
      return unreachable(report.verdict)
  }
}

export function describeEndpoint(endpoint: Endpoint): string {
  const port = endpoint.host.startsWith('/') ? '' : `:${String(endpoint.port)}`
  return oneLine(`${endpoint.database} at ${endpoint.host}${port}, PostgreSQL ${endpoint.version}`)
}

export function totals(report: Pick<RunReport, 'tables'>): { bytes: number; rows: number } {
  return {
    bytes: report.tables.reduce((sum, table) => sum + table.bytes, 0),
    rows: report.tables.reduce((sum, table) => sum + table.rows, 0),
  }
}

/** `within what was predicted: 8.8 s (3.5 s to 21.2 s)`. */
function predicted(report: RunReport): [name: string, value: string][] {
  if (report.prediction === undefined) return []
  const { predictedMs, lowMs, highMs, realMs, within } = report.prediction
  const word = { yes: 'within', faster: 'faster than', slower: 'slower than' }[within]
  const range = `${formatDuration(lowMs)} to ${formatDuration(highMs)}`
  return [['expected', `${formatDuration(predictedMs)} (${range}); ${formatDuration(realMs)} is ${word} that`]]
}

function facts(report: RunReport, style: Style): string[] {
  return fields(
    [
      ['source', describeEndpoint(report.source)],
      ['target', describeEndpoint(report.target)],
      ['moved', movedBy(report)],
      ['time', timesOf(report)],
      ...predicted(report),
    ],
    style,
  )
}

/** Tables by the time that they took, longest first; nothing where there is but one. */
function slowest(report: AnyRun, style: Style): string[] {
  if (report.tables.length < 2) return []
  const byTime = report.tables.toSorted((a, b) => workMs(b) - workMs(a))
  const rows = byTime
    .slice(0, MOST_TABLES)
    .map((table) => [
      clip(oneLine(table.table), 48),
      formatBytes(table.bytes),
      plural(table.rows, 'row'),
      `copy ${formatDuration(table.copyMs)}`,
      `indexes ${formatDuration(table.indexMs)}`,
    ])
  const rest = report.tables.length - rows.length
  return [
    style('faint', `  most work${rest > 0 ? ` (${formatCount(rest)} more in the report)` : ''}`),
    ...columns(rows, ['left', 'right', 'right', 'right', 'right']).map((line) => `    ${line}`),
  ]
}

export function workMs(table: TableReport): number {
  return table.copyMs + table.indexMs
}

function differences(report: AnyRun, style: Style): string[] {
  return listed(
    report.differences.map((found) => differenceLine(found, style)),
    (count) => `${plural(count, 'object')} not proven to be the same`,
  )
}

/** `DIFFERENT  table public.items: 1 row differs: id=7`. */
export function differenceLine({ object, kind, verdict, detail }: VerifiedObject, style: Style): string {
  const why = detail === undefined ? '' : `: ${oneLine(detail)}`
  return `${style(VERDICT_LOOKS[verdict], verdict)}  ${oneLine(kind)} ${oneLine(object)}${why}`
}

function failures(report: AnyRun, style: Style): string[] {
  const failed = report.failures.map(({ label, message, code, sqlstate }) => {
    const state = sqlstate === undefined ? '' : `, SQLSTATE ${sqlstate}`
    return `${style('bad', 'failed')}   ${clip(oneLine(`${label}: ${message}`), WIDTH)} (${code}${state})`
  })
  const blocked = report.blocked.map(({ label, by }) => {
    return `${style('care', 'blocked')}  ${clip(oneLine(`${label}: waits for ${by}`), WIDTH)}`
  })
  return listed([...failed, ...blocked], () => {
    return `${plural(report.failures.length, 'step')} failed, ${formatCount(report.blocked.length)} blocked by them`
  })
}

function sourceWrites(report: AnyRun, style: Style): string[] {
  return listed(
    report.sourceWrites.map(({ table, rows }) => {
      return `${style('care', 'written')}  ${oneLine(table)}: ${plural(rows, 'row')}`
    }),
    () => 'Written on the source after the snapshot; these changes are not in the target',
  )
}

function warnings(report: AnyRun, style: Style): string[] {
  const found = report.notices.filter((notice) => notice.level === 'warning')
  return listed(
    found.map(({ object, message, hint, code }) => {
      const where = object === undefined ? '' : `${oneLine(object)}: `
      const how = hint === undefined ? '' : ` ${oneLine(hint)}`
      return `${style('care', 'warning')}  ${where}${oneLine(message)}${how} (${code})`
    }),
    (count) => plural(count, 'warning'),
  )
}

function listed(lines: readonly string[], title: (count: number) => string): string[] {
  if (lines.length === 0) return []
  const shown = firstOf(lines, MOST_LISTED, '--report FILE lists them all')
  return [`  ${title(lines.length)}`, ...shown.map((line) => `    ${line}`)]
}

function nextStepText(report: RunReport): string | undefined {
  if (report.failures.length > 0 || report.blocked.length > 0) {
    return 'mend the causes, then `pgleap resume TARGET` tries again what is not done.'
  }
  switch (report.verdict) {
    case 'DIFFERENT':
    case 'UNKNOWN':
      return 'do not use the target yet; `pgleap verify SOURCE TARGET` compares again.'
    case 'SKIPPED':
      return '`pgleap verify SOURCE TARGET` compares the contents.'
    case 'SAME':
      return report.sourceWrites.length > 0
        ? 'stop the writers, then migrate once more into an empty database.'
        : undefined
    default:
      return unreachable(report.verdict)
  }
}
