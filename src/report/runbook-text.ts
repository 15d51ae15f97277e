import type { RunbookReport } from './runbook-report.ts'
import { describeEndpoint } from './summary.ts'
import { fields, oneLine, paragraphs, wrap } from './text.ts'
import type { Style } from './text.ts'

const WIDTH = 88

/** What a runbook says first, for people, and where it is. */
export function runbookText(report: RunbookReport, style: Style): string {
  const { recommendation, way, plan, folder, check } = report
  const asked = way === recommendation.way ? '' : `; written for ${way}, as asked`
  return paragraphs([
    [`Recommended: ${style('strong', recommendation.way)}${asked}`],
    recommendation.reasons.flatMap((reason) => wrap(reason, WIDTH).map((line) => `  ${line}`)),
    fields(
      [
        ['source', describeEndpoint(plan.source)],
        ['target', describeEndpoint(plan.target)],
        ['check', `${check}; step 10 tells what is to be mended`],
        ['runbook', `${oneLine(folder)}: ${report.files.join(', ')}`],
      ],
      style,
    ),
    fields([['next', `read ${oneLine(folder)}/README.md; nothing has been changed on either server.`]], style),
  ])
}
