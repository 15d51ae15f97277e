import { unreachable } from '../errors.ts'
import { formatBytes, formatCount, formatDuration } from '../units.ts'
import type { Event, Phase } from './events.ts'
import { onlineLine } from './online-text.ts'
import { advance, initialState, moved, rates } from './state.ts'
import type { ViewState } from './state.ts'
import { clock, oneLine, plural } from './text.ts'
import type { Style } from './text.ts'
import { fractionDone, timeLeft } from './time-left.ts'

/** Shorter steps are not worth a line of their own; the progress line counts them. */
const NOTEWORTHY_MS = 1_000
const PROGRESS_EVERY_MS = 10_000

export const PHASES: Record<Phase, string> = {
  connect: 'Connecting',
  check: 'Checking',
  schema: 'Reading the schema',
  rehearse: 'Making every object in a scratch database',
  plan: 'Planning',
  run: 'Copying',
  verify: 'Comparing source and target',
  finish: 'Finishing',
}

/** What the lines remember between two events. */
export interface PlainLines {
  state: ViewState
  lastProgressAt: number
  /** When the last line about the progress of each database was printed, in the run of a whole server. */
  databases: ReadonlyMap<string, number>
}

export const initialLines: PlainLines = { state: initialState, lastProgressAt: 0, databases: new Map() }

/** The lines that one event adds to a log: pure, so that a recorded stream always prints the same. */
export function plainLines(before: PlainLines, event: Event, style: Style): { next: PlainLines; lines: string[] } {
  const state = advance(before.state, event)
  const stamp = style('faint', clock(state.now - (state.startedAt ?? state.now)))
  const lines = eventLine(event, style).map((line) => `${stamp}  ${line}`)
  const { database } = event
  const about = database === undefined ? state : state.databases.get(database)
  const last = database === undefined ? before.lastProgressAt : (before.databases.get(database) ?? 0)
  const isDue = DUE_ON.has(event.type) && state.now - last >= PROGRESS_EVERY_MS
  if (isDue && about !== undefined) lines.push(`${stamp}  ${named(database, progressLine(about), style)}`)
  const at = isDue || event.type === 'phase' ? state.now : last
  return {
    next:
      database === undefined
        ? { ...before, state, lastProgressAt: at }
        : { ...before, state, databases: new Map(before.databases).set(database, at) },
    lines,
  }
}

function named(database: string | undefined, line: string, style: Style): string {
  return database === undefined ? line : `${style('strong', oneLine(database))}  ${line}`
}

const DUE_ON: ReadonlySet<Event['type']> = new Set([
  'step-progress',
  'step-done',
  'index-progress',
  'verified',
  'online-sample',
])

/**
 * What a person wants to read of one event, without the time; nothing for the many that only move the counters. The
 * live view prints the same lines above itself.
 */
export function eventLine(event: Event, style: Style): string[] {
  const lines = ofEvent(event, style)
  if (event.database === undefined) return lines
  // Of a database among others, the end is worth a line.
  if (event.type === 'finished') lines.push(`${event.verdict} in ${formatDuration(event.ms)}`)
  return lines.map((line) => named(event.database, line, style))
}

function ofEvent(event: Event, style: Style): string[] {
  switch (event.type) {
    case 'phase':
      return [style('strong', PHASES[event.phase])]
    case 'plan': {
      const estimate = event.estimateMs > 0 ? `, about ${formatDuration(event.estimateMs)}` : ''
      const bytes = event.bytes > 0 ? `, ${formatBytes(event.bytes)}` : ''
      const size = `${plural(event.tables, 'table')}${bytes}`
      return [`${plural(event.steps, 'step')} to do: ${size}${estimate}`]
    }
    case 'resumed': {
      const snapshot = event.snapshot === 'new' ? 'with a new snapshot' : 'in the same snapshot'
      return [`Resumed ${snapshot}: ${plural(event.done, 'step')} done before, ${formatCount(event.left)} left to do`]
    }
    case 'notice': {
      const object = event.object === undefined ? '' : `${oneLine(event.object)}: `
      const hint = event.hint === undefined ? '' : ` ${oneLine(event.hint)}`
      const line = `${object}${oneLine(event.message)}${hint}`
      return [event.level === 'warning' ? `${style('care', 'warning')}  ${line}` : line]
    }
    case 'step-retry': {
      const wait = `${style('care', 'again')}  ${oneLine(event.step.label)} in ${formatDuration(event.waitMs)}`
      return [`${wait} (try ${formatCount(event.attempt)}): ${oneLine(event.reason)}`]
    }
    case 'step-done': {
      if (event.ms < NOTEWORTHY_MS) return []
      const size = event.bytes > 0 ? `, ${formatBytes(event.bytes)}, ${plural(event.rows, 'row')}` : ''
      return [`${style('good', 'done')}  ${oneLine(event.step.label)}${size} in ${formatDuration(event.ms)}`]
    }
    case 'step-failed': {
      const sqlstate = event.sqlstate === undefined ? '' : `, SQLSTATE ${oneLine(event.sqlstate)}`
      const what = `${oneLine(event.step.label)}: ${oneLine(event.message)}`
      return [`${style('bad', 'failed')}  ${what} (${event.code}${sqlstate})`]
    }
    case 'tried': {
      if (event.outcome === 'blocked') return []
      const sqlstate = event.sqlstate === undefined ? '' : ` (SQLSTATE ${oneLine(event.sqlstate)})`
      return [`${style('bad', 'fails')}  ${oneLine(event.object)}: ${oneLine(event.message)}${sqlstate}`]
    }
    case 'verified': {
      if (event.verdict === 'SAME') return []
      const detail = event.detail === undefined ? '' : `: ${oneLine(event.detail)}`
      return [`${style('bad', event.verdict)}  ${event.kind} ${oneLine(event.object)}${detail}`]
    }
    case 'online-phase':
      return [`${style('strong', capital(oneLine(event.phase)))}: the application writes to the ${event.active}`]
    case 'online-sample':
    case 'step-started':
    case 'step-progress':
    case 'index-progress':
    case 'checked':
    case 'finished':
      return []
    default:
      return unreachable(event)
  }
}

/** One line that sums up a running migration, for a log: `31 % done, 3.1 GB of 12.4 GB, 48.2 MB/s, ...`. */
function progressLine(state: ViewState): string {
  if (state.online !== undefined) return onlineLine(state.online)
  // A cutover compares without a plan.
  if (state.phase === 'verify' || state.plan === undefined) return `${plural(comparedCount(state), 'object')} compared`
  const { bytes } = moved(state)
  const parts = [`${formatBytes(bytes)}${ofAbout(bytes, state.plan?.bytes ?? 0)}`]
  const fraction = fractionDone(state)
  if (fraction !== undefined) parts.unshift(`${percent(fraction)} done`)
  const rate = rates(state)
  if (rate !== undefined && rate.bytes > 0) parts.push(`${formatBytes(rate.bytes)}/s`)
  parts.push(`${formatCount(state.running.size)} running`)
  const left = timeLeft(state)
  if (left !== undefined) parts.push(`about ${formatDuration(left)} left`)
  return parts.join(', ')
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

export function comparedCount(state: ViewState): number {
  return state.verified.SAME + state.verified.DIFFERENT + state.verified.UNKNOWN
}

/**
 * ` of about 7.6 MB`: the plan counts a table's size on disk, and what its rows take on the wire is only near to it. Once
 * more has been moved than was planned, the plan's number says nothing.
 */
export function ofAbout(bytes: number, planned: number): string {
  return planned > bytes ? ` of about ${formatBytes(planned)}` : ''
}

/** `31 %`; 100 % is said only when all is done. */
export function percent(fraction: number): string {
  return `${String(Math.floor(fraction * 100))} %`
}
