import { formatDuration } from '../units.ts'
import type { VerifiedObject, VerifyReport } from './result.ts'
import { describeEndpoint, differenceLine, verdictLine } from './summary.ts'
import { fields, firstOf, paragraphs, plural } from './text.ts'
import type { Style } from './text.ts'

const MOST_LISTED = 50

const MEANINGS = {
  SAME: { full: 'source and target hold the same', counts: 'row counts are equal; contents were not compared' },
  DIFFERENT: { full: 'source and target differ', counts: 'source and target differ' },
  UNKNOWN: {
    full: 'not everything could be compared, so nothing is promised',
    counts: 'not everything could be compared, so nothing is promised',
  },
} as const

/** The outcome of a comparison, for people: the verdict, and every object that is not the same. */
export function verifyText(report: VerifyReport, style: Style): string {
  const { looked, listed } = comparedText(report, style)
  const facts = fields(
    [
      ['source', describeEndpoint(report.source)],
      ['target', describeEndpoint(report.target)],
      ['looked', `at ${looked}, in ${formatDuration(report.ms)}`],
    ],
    style,
  )
  return paragraphs([[verdictLine(report.verdict, MEANINGS[report.verdict][report.mode], style)], facts, listed])
}

/** How many objects of which kinds were looked at, and a line for each that is not the same. */
export function comparedText(
  { objects }: Pick<VerifyReport, 'objects'>,
  style: Style,
): { looked: string; listed: string[] } {
  const bad = objects.filter(({ verdict }) => verdict !== 'SAME')
  const lines = bad.map((found) => differenceLine(found, style))
  return {
    looked: kinds(objects),
    listed: firstOf(lines, MOST_LISTED, '--json lists them all').map((line) => `  ${line}`),
  }
}

/** `41 of table, 12 of sequence`: how many objects of each kind. */
function kinds(objects: readonly VerifiedObject[]): string {
  const counts = new Map<string, number>()
  for (const { kind } of objects) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const parts = [...counts].map(([kind, count]) => plural(count, kind))
  return parts.length === 0 ? 'nothing' : parts.join(', ')
}
