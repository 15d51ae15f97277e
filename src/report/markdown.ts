import { formatBytes, formatCount, formatDuration } from '../units.ts'
import { meaningOf, originOf, snapshotOf, type OneRun } from './origin.ts'
import { describeEndpoint, totals, workMs } from './summary.ts'
import { oneLine, plural } from './text.ts'

/** The report of a run as Markdown: complete, for a ticket or a wiki. */
export function markdownReport(report: OneRun): string {
  return `${[`# pgleap: ${report.verdict}`, '', ...markdownLines(report)].join('\n')}\n`
}

/** All but the title. */
export function markdownLines(report: OneRun): string[] {
  const { bytes, rows } = totals(report)
  return [
    sentence(meaningOf(report)),
    '',
    ...table(
      ['', ''],
      [
        originOf(report),
        ['Target', describeEndpoint(report.target)],
        ['Started', report.startedAt],
        ['Took', formatDuration(report.ms)],
        ['Moved', `${formatBytes(bytes)}, ${plural(rows, 'row')}, ${plural(report.tables.length, 'table')}`],
        ...snapshotOf(report),
        ['Options', Object.keys(report.options).length === 0 ? 'defaults' : JSON.stringify(report.options)],
      ],
    ),
    ...section(
      'Phases',
      ['Phase', 'Time'],
      report.phases.map(({ phase, ms }) => [phase, formatDuration(ms)]),
    ),
    ...section(
      'Failed',
      ['Step', 'Message', 'Code', 'SQLSTATE'],
      report.failures.map(({ label, message, code, sqlstate }) => [label, message, code, sqlstate ?? '']),
    ),
    ...section(
      'Blocked',
      ['Step', 'Waits for'],
      report.blocked.map(({ label, by }) => [label, by]),
    ),
    ...section(
      'Not proven to be the same',
      ['Object', 'Kind', 'Verdict', 'Detail'],
      report.differences.map(({ object, kind, verdict, detail }) => [object, kind, verdict, detail ?? '']),
    ),
    ...section(
      'Written on the source after the snapshot',
      ['Table', 'Rows written'],
      report.sourceWrites.map(({ table, rows }) => [table, formatCount(rows)]),
    ),
    ...section(
      'Notices',
      ['Level', 'Object', 'Message', 'Hint', 'Code'],
      report.notices.map(({ level, object, message, hint, code }) => [level, object ?? '', message, hint ?? '', code]),
    ),
    ...section(
      'Tables',
      ['Table', 'Verdict', 'Rows', 'Bytes', 'Copy', 'Indexes', 'Detail'],
      report.tables
        .toSorted((a, b) => workMs(b) - workMs(a))
        .map((row) => [
          row.table,
          row.verdict,
          formatCount(row.rows),
          formatBytes(row.bytes),
          formatDuration(row.copyMs),
          formatDuration(row.indexMs),
          row.detail ?? '',
        ]),
    ),
  ]
}

export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

export function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ['', `## ${title}`, '', ...table(head, rows)]
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [tableRow(head), tableRow(head.map(() => '---')), ...rows.map((cells) => tableRow(cells.map(escapeCell)))]
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** Keeps a value one cell of plain text: no markup, no HTML, no new line or column. */
function escapeCell(value: string): string {
  return oneLine(value)
    .replaceAll(/[\\`*_[\]|#~]/gu, (char) => `\\${char}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
