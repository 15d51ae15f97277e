import { openFindings } from './check-report.ts'
import type { CheckReport } from './check-report.ts'
import type { Finding } from './findings.ts'
import { fixText } from './fix-text.ts'
import { describeEndpoint } from './summary.ts'
import { oneLine } from './text.ts'

/**
 * The fixes that are SQL as a script for psql (11 or newer), to be read before it is run: one part a side, which only runs where the
 * variable of that side is set, and each statement with what takes it back as a comment. Fixes that are no SQL stand in
 * it as comments. Texts of the servers are in comments of one line, and cannot break out of them.
 */
export function fixScript(report: CheckReport): string {
  const open = openFindings(report.results)
  return [
    '-- What mends the findings of pgleap check. Read it before you run any of it.',
    `-- ${report.startedAt}, ${report.paths.join(', ')}`,
    '--',
    '-- psql -v source=1 -f THIS_FILE "SOURCE"   runs the part for the source, and',
    '-- psql -v target=1 -f THIS_FILE "TARGET"   the one for the target; without a variable nothing is run.',
    '\\set ON_ERROR_STOP on',
    ...sidePart(report, open, 'source'),
    ...sidePart(report, open, 'target'),
    ...advicePart(open),
    '',
  ].join('\n')
}

function sidePart(report: CheckReport, open: readonly Finding[], side: 'source' | 'target'): string[] {
  const where = report[side]
  const done = new Set<string>()
  const lines = open.flatMap((finding) => {
    const { fix } = finding
    if (fix === undefined || fix.kind === 'advice' || fix.side !== side) return []
    const about = heading(finding)
    if (fix.kind === 'parameter') return [...about, comment(fixText(fix))]
    // The same statement may mend more than one finding.
    if (done.has(fix.sql)) return [...about, comment('mended above')]
    done.add(fix.sql)
    return [...about, terminated(fix.sql), ...undoLines(fix.undo)]
  })
  if (lines.length === 0) return []
  const title = where === undefined ? `the ${side}` : `the ${side}: ${describeEndpoint(where)}`
  return ['', comment(`On ${title}`), `\\if :{?${side}}`, ...lines, '', '\\endif']
}

function advicePart(open: readonly Finding[]): string[] {
  const lines = open.flatMap((finding) =>
    finding.fix?.kind === 'advice' ? [...heading(finding), comment(finding.fix.text)] : [],
  )
  return lines.length === 0 ? [] : ['', '-- What no SQL mends', ...lines]
}

function heading({ id, severity, object, message }: Finding): string[] {
  return ['', comment(`${id} (${severity})${object === undefined ? '' : ` ${object}`}: ${message}`)]
}

function undoLines(undo: string | undefined): string[] {
  return undo === undefined
    ? []
    : undo.split(/\r\n|\r|\n/u).map((line, at) => comment(`${at === 0 ? 'undo: ' : '      '}${line}`))
}

function terminated(sql: string): string {
  const trimmed = sql.trimEnd()
  return trimmed.endsWith(';') ? trimmed : `${trimmed};`
}

function comment(text: string): string {
  return `-- ${oneLine(text)}`
}
