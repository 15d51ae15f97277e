import { formatBytes, formatCount, formatDuration } from '../units.ts'
import { comparedCount, ofAbout, percent, PHASES } from './plain-lines.ts'
import { onlineLine } from './online-text.ts'
import { moved, rates } from './state.ts'
import type { RunningIndex, RunningStep, ViewState } from './state.ts'
import { clip, clock, oneLine, plural } from './text.ts'
import type { Style } from './text.ts'
import { fractionDone, timeLeft } from './time-left.ts'

export interface Screen {
  columns: number
  style: Style
}

const LABEL_WIDTH = 8
/** More would make the view jump as steps come and go; the rest is counted. */
const MOST_RUNNING = 5

/** The panel that a terminal shows while a run is on: at most twelve lines, none wider than the screen. Pure. */
export function liveView(state: ViewState, screen: Screen): string {
  const lines = [heading(state, screen)]
  if (state.online !== undefined) return [...lines, row('behind', onlineLine(state.online), screen)].join('\n')
  if (state.databases.size > 0 && state.phase === 'run') return [...lines, ...databaseLines(state, screen)].join('\n')
  if (state.phase === 'run' && state.plan !== undefined) lines.push(...runLines(state, screen))
  if (state.phase === 'verify') lines.push(...verifyLines(state, screen))
  return lines.join('\n')
}

function heading(state: ViewState, screen: Screen): string {
  const title = titleOf(state)
  const elapsed = clock(state.now - (state.startedAt ?? state.now))
  const left = timeLeft(state)
  const rest = left === undefined ? '' : `, about ${formatDuration(left)} left`
  return `${screen.style('strong', title)}  ${screen.style('faint', clip(`${elapsed}${rest}`, screen.columns - title.length - 3))}`
}

function titleOf({ online, phase }: ViewState): string {
  if (online !== undefined) return `The application writes to the ${online.active}`
  return phase === undefined ? 'Starting' : PHASES[phase]
}

/** One line a database that is worked on, and how many are done. */
function databaseLines({ databases }: ViewState, screen: Screen): string[] {
  const running = [...databases].filter(([, { finished }]) => finished === undefined)
  const shown = running.length > MOST_RUNNING ? running.slice(-MOST_RUNNING) : running
  const lines = shown.map(([name, state]) => {
    const fraction = state.phase === 'run' ? fractionDone(state) : undefined
    const title = state.phase === undefined ? 'Starting' : PHASES[state.phase]
    const progress = fraction === undefined ? '' : `, ${percent(fraction)}, ${formatBytes(moved(state).bytes)}`
    return row('', `${oneLine(name)}: ${title}${progress}`, screen)
  })
  return [row('done', plural(databases.size - running.length, 'database'), screen), ...lines]
}

function runLines(state: ViewState, screen: Screen): string[] {
  const { bytes, rows } = moved(state)
  const rate = rates(state)
  const lines = [
    bar(fractionDone(state) ?? 0, screen),
    row(
      'data',
      `${formatBytes(bytes)}${ofAbout(bytes, state.plan?.bytes ?? 0)}${rate === undefined ? '' : `, ${formatBytes(rate.bytes)}/s`}`,
      screen,
    ),
    row('rows', `${formatCount(rows)}${rate === undefined ? '' : `, ${formatCount(Math.round(rate.rows))}/s`}`, screen),
    row('steps', stepCounts(state), screen),
  ]
  const running = runningLines(state)
  const shown = running.length > MOST_RUNNING ? running.slice(0, MOST_RUNNING - 1) : running
  shown.forEach((text, at) => lines.push(row(at === 0 ? 'now' : '', text, screen)))
  if (shown.length < running.length) {
    lines.push(row('', `and ${formatCount(running.length - shown.length)} more`, screen))
  }
  return lines
}

function stepCounts(state: ViewState): string {
  const counts = [`${formatCount(state.done)} of ${formatCount(state.plan?.steps ?? 0)} done`]
  if (state.failed > 0) counts.push(`${formatCount(state.failed)} failed`)
  if (state.retries > 0) counts.push(plural(state.retries, 'retry', 'retries'))
  return counts.join(', ')
}

/** The longest-running first: those are what one waits for. */
function runningLines(state: ViewState): string[] {
  const steps = [...state.running.values()].toSorted((a, b) => a.startedAt - b.startedAt)
  const indexes = [...state.indexes].map(([name, index]) => indexLine(name, index))
  // Index builds tell more by their own progress than by their step's name, so they come first.
  return [...indexes, ...steps.filter((running) => !isIndexShown(state, running)).map(stepLine)]
}

function isIndexShown(state: ViewState, { step }: RunningStep): boolean {
  return step.bytes === 0 && [...state.indexes.values()].some((index) => index.table === step.table)
}

function indexLine(name: string, { phase, fraction }: RunningIndex): string {
  return `index ${oneLine(name)}: ${oneLine(phase)}, ${percent(fraction)}`
}

function stepLine({ step, bytes, attempt }: RunningStep): string {
  const label = oneLine(step.label)
  if (attempt > 0) return `${label}: waits for try ${formatCount(attempt)}`
  return step.bytes === 0 ? label : `${label}: ${formatBytes(bytes)}${ofAbout(bytes, step.bytes)}`
}

function verifyLines(state: ViewState, screen: Screen): string[] {
  const { DIFFERENT, UNKNOWN } = state.verified
  const bad = [
    ...(DIFFERENT > 0 ? [`${formatCount(DIFFERENT)} different`] : []),
    ...(UNKNOWN > 0 ? [`${formatCount(UNKNOWN)} unknown`] : []),
  ]
  return [row('objects', [`${formatCount(comparedCount(state))} compared`, ...bad].join(', '), screen)]
}

function row(label: string, text: string, { columns, style }: Screen): string {
  return `${style('faint', label.padEnd(LABEL_WIDTH))}${clip(text, columns - LABEL_WIDTH - 1)}`
}

function bar(fraction: number, { columns, style }: Screen): string {
  const width = Math.max(10, Math.min(60, columns - LABEL_WIDTH - 8))
  const full = Math.floor(fraction * width)
  const drawn = `${style('good', '#'.repeat(full))}${style('faint', '-'.repeat(width - full))}`
  return `${style('faint', 'work'.padEnd(LABEL_WIDTH))}${drawn} ${percent(fraction)}`
}
