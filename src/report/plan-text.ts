import { formatBytes, formatCount, formatDuration } from '../units.ts'
import type { PlannedStepReport, PlannedTable, PlanReport } from './result.ts'
import { describeEndpoint } from './summary.ts'
import { clip, columns, fields, oneLine, paragraphs, plural } from './text.ts'
import type { Style } from './text.ts'

const MOST_TABLES = 10

/** What a migration would do, for people: sizes, steps by kind, the largest tables, what to know before. */
export function planText(plan: PlanReport, style: Style): string {
  const facts = fields(
    [
      ['source', describeEndpoint(plan.source)],
      ['target', describeEndpoint(plan.target)],
      ['data', `${formatBytes(plan.bytes)} in ${plural(plan.tables.length, 'table')}`],
      ['steps', stepKinds(plan.steps)],
      ['time', `about ${formatDuration(plan.estimateMs)}; half or twice of it is as likely. Comparing is not counted`],
    ],
    style,
  )
  const blocks = [
    [style('strong', 'Plan; nothing has been changed')],
    facts,
    largest(plan.tables, style),
    plan.notices.map(({ level, object, message, hint }) => {
      const where = object === undefined ? '' : `${oneLine(object)}: `
      const how = hint === undefined ? '' : ` ${oneLine(hint)}`
      return `  ${style(level === 'warning' ? 'care' : 'faint', level)}  ${where}${oneLine(message)}${how}`
    }),
    fields([['next', 'the same words with `pgleap migrate` do it.']], style),
  ]
  return paragraphs(blocks)
}

/** `431: 41 copy, 120 index, ...`, the most frequent kinds first. */
function stepKinds(steps: readonly PlannedStepReport[]): string {
  const counts = new Map<string, number>()
  for (const step of steps) counts.set(step.kind, (counts.get(step.kind) ?? 0) + 1)
  const kinds = [...counts].toSorted(([, a], [, b]) => b - a).map(([kind, count]) => `${formatCount(count)} ${kind}`)
  return kinds.length === 0 ? '0' : `${formatCount(steps.length)}: ${kinds.join(', ')}`
}

function largest(tables: readonly PlannedTable[], style: Style): string[] {
  if (tables.length === 0) return []
  const shown = tables.toSorted((a, b) => b.bytes - a.bytes).slice(0, MOST_TABLES)
  const rest = tables.length - shown.length
  const rows = shown.map(({ table, bytes, rows: count, parts, format }) => [
    clip(oneLine(table), 48),
    formatBytes(bytes),
    count === undefined ? 'rows unknown' : `about ${plural(Math.round(count), 'row')}`,
    parts === 0 ? 'without rows' : plural(parts, 'part'),
    parts === 0 ? '' : format,
  ])
  return [
    style('faint', `  largest tables${rest > 0 ? ` (and ${formatCount(rest)} more)` : ''}`),
    ...columns(rows, ['left', 'right', 'right', 'right', 'left']).map((line) => `    ${line}`),
  ]
}
