import { unreachable } from '../errors.ts'
import { formatBytes, formatDuration } from '../units.ts'
import type { ScriptMessage, ScriptReport } from './script-report.ts'
import { describeEndpoint } from './summary.ts'
import { fields, firstOf, oneLine, paragraphs, plural, type Look, type Style } from './text.ts'

const MOST_LISTED = 20

const LOOKS: Record<ScriptReport['outcome'], Look> = { restored: 'good', errors: 'bad', stopped: 'bad' }

/** What became of a plain script, for people: the real errors by line, and what was to be expected. */
export function scriptText(report: ScriptReport, style: Style): string {
  const { script, outcome, errors, expected, leftOut, granted, warnings } = report
  return paragraphs([
    [style(LOOKS[outcome], outcomeLine(report))],
    fields(
      [
        [
          'script',
          `${oneLine(script.path ?? '-')}, ${formatBytes(script.bytes)}, ${plural(script.statements, 'statement')}`,
        ],
        ['target', `${describeEndpoint(report.target)}, ${report.target.provider}`],
        ['into', report.databases.map(oneLine).join(', ')],
        ['rows', `${report.rows.toLocaleString('en-US')}, in ${formatDuration(report.ms)}`],
        ...(report.resumedAt === undefined ? [] : [['went on', `behind ${formatBytes(report.resumedAt)}`] as const]),
      ],
      style,
    ),
    listed(
      style('bad', 'Errors'),
      errors.flatMap((error) => [
        line(error),
        ...(error.followers.length === 0
          ? []
          : [`  and ${plural(error.followers.length, 'message')} that follow from it`]),
      ]),
    ),
    listed('Expected at this target', expected.map(line)),
    listed('Left out, as the target is its provider’s, or in use', leftOut.map(line)),
    listed('Granted to the connecting role on the way', granted.map(line)),
    listed(style('care', 'Warnings'), warnings.map(line)),
    outcome === 'stopped'
      ? fields([['next', 'mend the cause, then the same command again goes on there.']], style)
      : [],
  ])
}

/** `Restored, 3 expected messages`. */
function outcomeLine({ outcome, counts }: ScriptReport): string {
  switch (outcome) {
    case 'restored':
      return counts.expected === 0 ? 'Restored' : `Restored, ${plural(counts.expected, 'expected message')}`
    case 'errors':
      return `Run to its end, with ${plural(counts.error, 'error')}`
    case 'stopped':
      return 'Stopped at an error'
    default:
      return unreachable(outcome)
  }
}

/** `line 12: CREATE TABLE public.orders: relation "orders" already exists (42P07, 3 times)`. */
function line({ line: at, statement, message, sqlstate, times, reason }: ScriptMessage): string {
  const how = [...(sqlstate === undefined ? [] : [sqlstate]), ...(times === 1 ? [] : [`${String(times)} times`])]
  const why = reason === undefined ? '' : `: ${oneLine(reason)}`
  return `line ${String(at)}: ${oneLine(statement)}: ${oneLine(message)}${how.length === 0 ? '' : ` (${how.join(', ')})`}${why}`
}

function listed(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return []
  return [`  ${title}`, ...firstOf(lines, MOST_LISTED, '--json lists them all').map((text) => `    ${text}`)]
}
