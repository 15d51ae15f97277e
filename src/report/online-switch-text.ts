import { formatDuration } from '../units.ts'
import type { OnlineSide } from './online-report.ts'
import { columns, paragraphs, plural } from './text.ts'
import type { Style } from './text.ts'

/** What a cutover, a rollback or the rehearsal of one has done: how long each step of the pause took. */
export interface SwitchSummary {
  to: OnlineSide
  pauseMs: number
  steps: readonly { step: string; ms: number }[]
}

export function onlineSwitchText(
  { to, pauseMs, steps }: SwitchSummary,
  how: 'switched' | 'rehearsed',
  style: Style,
): string {
  const pause = `${String(pauseMs)} ms`
  const first =
    how === 'rehearsed'
      ? `Rehearsed: writes were stopped for ${pause}, and go on where they went before.`
      : `The application writes to the ${to} now. Writes were stopped for ${pause}.`
  const rows = steps.map(({ step, ms }) => [`  ${step}`, `${String(ms)} ms`])
  const next =
    how === 'rehearsed'
      ? []
      : to === 'target'
        ? ['The source follows, closed to writes. `pgleap online rollback` leads back, `finish` ends the way back.']
        : ['The target follows, closed to writes. `pgleap online cutover` leads there again, `abort` gives it up.']
  return paragraphs([[style('good', first)], columns(rows, ['left', 'right']), next])
}

/** What a start has made. */
export function onlineStartText(
  { id, tables }: { id: string; tables: readonly { rule: 'streamed' | 'paused' }[] },
  ms: number,
  style: Style,
): string {
  const count = (rule: 'streamed' | 'paused') => tables.filter((table) => table.rule === rule).length
  return paragraphs([
    [style('good', `The target follows the source (migration ${id}); this took ${formatDuration(ms)}.`)],
    [
      `${plural(count('streamed'), 'table')} streamed, ${String(count('paused'))} copied in the pause. The target is closed to writes.`,
      'Next: `pgleap online status`, `watch`, `cutover --rehearse`, then `cutover`.',
    ],
  ])
}
