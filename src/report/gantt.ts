import { formatDuration } from '../units.ts'
import { escapeHtml } from './html-style.ts'
import type { RunReport, StepReport } from './result.ts'
import { clip, oneLine } from './text.ts'

const WIDTH = 1000
const NAMES = 260
const ROW = 18
/** Beyond these the drawing says no more; the table below it has all. */
const MOST_ROWS = 60

/** The steps of the run over time as SVG: a row a table, the busiest tables only, steps without a table in one row. */
export function ganttSvg(report: Pick<RunReport, 'steps' | 'ms'>): string {
  const rows = rowsOf(report.steps)
  // Reduced, not spread: a run may have more steps than a call can have arguments.
  const end = report.steps.reduce((last, step) => Math.max(last, step.startMs + step.ms), Math.max(1, report.ms))
  const scale = (WIDTH - NAMES) / end
  const height = rows.length * ROW + 24
  const lines = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const x = (NAMES + (WIDTH - NAMES) * share).toFixed(1)
    const anchor = share === 1 ? 'end' : 'middle'
    const label = `<text x="${x}" y="${String(height - 6)}" text-anchor="${anchor}">${formatDuration(end * share)}</text>`
    return `<line x1="${x}" y1="0" x2="${x}" y2="${String(height - 20)}"/>${label}`
  })
  const drawn = rows.map(({ name, steps }, at) => {
    const y = at * ROW
    const bars = steps.map((step) => stepBar(step, y, scale)).join('')
    return `<text x="0" y="${String(y + 13)}">${escapeHtml(clip(oneLine(name), 40))}</text>${bars}`
  })
  const frame = `viewBox="0 0 ${String(WIDTH)} ${String(height)}" role="img" aria-label="Steps over time"`
  return `<div class="wide"><svg class="gantt" ${frame}>${lines.join('')}${drawn.join('\n')}</svg></div>`
}

function stepBar(step: StepReport, y: number, scale: number): string {
  const x = (NAMES + step.startMs * scale).toFixed(1)
  const width = Math.max(1, step.ms * scale).toFixed(1)
  const title = escapeHtml(oneLine(`${step.label}: ${formatDuration(step.ms)}`))
  const look = step.bytes > 0 || step.rows > 0 ? 'copy' : 'index'
  const place = `x="${x}" y="${String(y + 3)}" width="${width}" height="${String(ROW - 6)}"`
  return `<rect class="${look}" ${place}><title>${title}</title></rect>`
}

/** The busiest tables, in the order in which their work began. */
function rowsOf(steps: readonly StepReport[]): { name: string; steps: StepReport[] }[] {
  const byName = new Map<string, StepReport[]>()
  for (const step of steps) {
    const name = step.table ?? 'other steps'
    const row = byName.get(name)
    if (row === undefined) byName.set(name, [step])
    else row.push(step)
  }
  return [...byName]
    .toSorted(([, a], [, b]) => busy(b) - busy(a))
    .slice(0, MOST_ROWS)
    .toSorted(([, a], [, b]) => begin(a) - begin(b))
    .map(([name, row]) => ({ name, steps: row }))
}

function busy(row: readonly StepReport[]): number {
  return row.reduce((sum, step) => sum + step.ms, 0)
}

function begin(row: readonly StepReport[]): number {
  return row.reduce((first, step) => Math.min(first, step.startMs), Number.POSITIVE_INFINITY)
}
