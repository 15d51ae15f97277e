import { formatDuration } from '../units.ts'
import type { VerifiedObject, VerifyReport } from './result.ts'
import { describeEndpoint, differenceLine, VERDICT_LOOKS } from './summary.ts'
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
  const bad = report.objects.filter(({ verdict }) => verdict !== 'SAME')
  const facts = fields(
    [
      ['source', describeEndpoint(report.source)],
      ['target', describeEndpoint(report.target)],
      ['looked', `at ${kinds(report.objects)}, in ${formatDuration(report.ms)}`],
    ],
    style,
  )
  const differences = bad.map((found) => differenceLine(found, style))
  const listed = firstOf(differences, MOST_LISTED, '--json lists them all').map((line) => `  ${line}`)
  const verdict = style(VERDICT_LOOKS[report.verdict], report.verdict)
  const blocks = [[`Verdict: ${verdict} (${MEANINGS[report.verdict][report.mode]})`], facts, listed]
  return paragraphs(blocks)
}

/** `41 of table, 12 of sequence`: how many objects of each kind. */
function kinds(objects: readonly VerifiedObject[]): string {
  const counts = new Map<string, number>()
  for (const { kind } of objects) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const parts = [...counts].map(([kind, count]) => plural(count, kind))
  return parts.length === 0 ? 'nothing' : parts.join(', ')
}
