import { formatBytes, formatCount } from '../units.ts'
import type { StatusReport } from './result.ts'
import { describeEndpoint } from './summary.ts'
import { fields, firstOf, oneLine, paragraphs, plural } from './text.ts'
import type { Look, Style } from './text.ts'

const LOOKS: Record<StatusReport['state'], Look> = { running: 'good', broken: 'bad', finished: 'good' }
const MOST_LISTED = 20

/** A running or broken run, for people: how far it is, what failed, and what to do next. */
export function statusText(status: StatusReport, style: Style): string {
  const { total, done, failed, blocked, left } = status.steps
  const counts = [
    `${formatCount(done)} of ${plural(total, 'step')} done`,
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(blocked > 0 ? [`${formatCount(blocked)} blocked`] : []),
    ...(left > 0 ? [`${formatCount(left)} left`] : []),
  ]
  const facts = fields(
    [
      ['source', oneLine(status.source)],
      ['target', describeEndpoint(status.target)],
      ['started', status.startedAt],
      ['steps', counts.join(', ')],
      ['data', `${formatBytes(status.bytes.done)} of about ${formatBytes(status.bytes.total)}`],
    ],
    style,
  )
  const problems = [
    ...status.failures.map(({ label, message, code }) => {
      return `${style('bad', 'failed')}   ${oneLine(label)}: ${oneLine(message)} (${code})`
    }),
    ...status.blocked.map(({ label, by }) => {
      return `${style('care', 'blocked')}  ${oneLine(label)}: waits for ${oneLine(by)}`
    }),
  ]
  const listed = firstOf(problems, MOST_LISTED, '--json lists them all').map((line) => `  ${line}`)
  const next =
    status.state === 'broken'
      ? fields([['next', '`pgleap resume TARGET` goes on from here; nothing that is done is done again.']], style)
      : []
  const blocks = [[`Run: ${style(LOOKS[status.state], status.state)}`], facts, listed, next]
  return paragraphs(blocks)
}
