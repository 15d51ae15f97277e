import { formatBytes, formatCount, formatDuration } from '../units.ts'
import { ganttSvg } from './gantt.ts'
import { escapeHtml, HTML_STYLE } from './html-style.ts'
import { sentence } from './markdown.ts'
import { meaningOf, nameOf, originOf, snapshotOf, type OneRun } from './origin.ts'
import type { RunVerdict, TableReport } from './result.ts'
import { describeEndpoint, totals, workMs } from './summary.ts'
import { oneLine, plural } from './text.ts'

/**
 * The report of a run as one HTML file that needs nothing else: no script, no font, no picture from anywhere. It opens
 * from a disk or a mail, reads in light and dark, and prints. Every value is escaped.
 */
export function htmlReport(report: OneRun): string {
  return htmlPage(
    `pgleap: ${nameOf(report)}, ${report.verdict}`,
    `<h1>${badge(report.verdict)} ${text(sentence(meaningOf(report)))}</h1>\n${htmlParts(report)}`,
  )
}

/** A whole page around a body that is HTML already. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${text(title)}</title>
<style>${HTML_STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`
}

/** All but the title. */
export function htmlParts(report: OneRun): string {
  return `${facts(report)}
${problems(report)}
${timeline(report)}
${tables(report)}
${notices(report)}`
}

function facts(report: OneRun): string {
  const { bytes, rows } = totals(report)
  const phases = report.phases.map(({ phase, ms }) => `${phase} ${formatDuration(ms)}`).join(', ')
  const pairs: [string, string][] = [
    originOf(report),
    ['Target', describeEndpoint(report.target)],
    ['Started', report.startedAt],
    ['Took', phases === '' ? formatDuration(report.ms) : `${formatDuration(report.ms)} (${phases})`],
    ['Moved', `${formatBytes(bytes)}, ${plural(rows, 'row')}, ${plural(report.tables.length, 'table')}`],
    ...snapshotOf(report),
    ['Options', Object.keys(report.options).length === 0 ? 'defaults' : JSON.stringify(report.options)],
  ]
  return `<dl>${pairs.map(([name, value]) => `<dt>${text(name)}</dt><dd>${text(value)}</dd>`).join('')}</dl>`
}

function problems(report: OneRun): string {
  return [
    grid(
      'Failed',
      ['Step', 'Message', 'Code', 'SQLSTATE'],
      report.failures.map(({ label, message, code, sqlstate }) => [label, message, code, sqlstate ?? ''].map(text)),
    ),
    grid(
      'Blocked by a failed step',
      ['Step', 'Waits for'],
      report.blocked.map(({ label, by }) => [label, by].map(text)),
    ),
    grid(
      'Not proven to be the same',
      ['Object', 'Kind', 'Verdict', 'Detail'],
      report.differences.map(({ object, kind, verdict, detail }) => [
        text(object),
        text(kind),
        badge(verdict),
        text(detail ?? ''),
      ]),
    ),
    grid(
      'Written on the source after the snapshot',
      ['Table', 'Rows written'],
      report.sourceWrites.map(({ table, rows }) => [table, formatCount(rows)].map(text)),
    ),
  ].join('')
}

function timeline(report: OneRun): string {
  return report.steps.length === 0 ? '' : `<h2>When each table was worked on</h2>${ganttSvg(report)}`
}

function tables(report: OneRun): string {
  const longest = report.tables.reduce((most, row) => Math.max(most, workMs(row)), 1)
  const rows = report.tables
    .toSorted((a, b) => workMs(b) - workMs(a))
    .map((row) => [
      text(row.table),
      badge(row.verdict) + (row.detail === undefined ? '' : ` ${text(row.detail)}`),
      text(formatCount(row.rows)),
      text(formatBytes(row.bytes)),
      text(formatDuration(row.copyMs)),
      text(formatDuration(row.indexMs)),
      timeBar(row, longest),
    ])
  return grid('Tables', ['Table', 'Verdict', 'Rows', 'Bytes', 'Copy', 'Indexes', 'Time'], rows)
}

function timeBar(row: TableReport, longest: number): string {
  const width = (ms: number) => ((ms / longest) * 100).toFixed(2)
  const title = `copy ${formatDuration(row.copyMs)}, indexes ${formatDuration(row.indexMs)}`
  const copy = `<i class="copy" style="width:${width(row.copyMs)}%"></i>`
  const index = `<i class="index" style="width:${width(row.indexMs)}%"></i>`
  return `<div class="bar" title="${text(title)}">${copy}${index}</div>`
}

function notices(report: OneRun): string {
  return grid(
    'Notices',
    ['Level', 'Object', 'Message', 'Code'],
    report.notices.map(({ level, object, message, hint, code }) =>
      [level, object ?? '', hint === undefined ? message : `${message} ${hint}`, code].map(text),
    ),
  )
}

/** A titled table of cells that are HTML already; nothing where there are no rows. */
export function grid(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const headRow = head.map((cell) => `<th>${text(cell)}</th>`).join('')
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n')
  return `<h2>${text(title)}</h2><div class="wide"><table><thead><tr>${headRow}</tr></thead><tbody>${body}</tbody></table></div>`
}

export function badge(verdict: RunVerdict): string {
  return `<b class="verdict ${verdict.toLowerCase()}">${verdict}</b>`
}

export function text(value: string): string {
  return escapeHtml(oneLine(value))
}
