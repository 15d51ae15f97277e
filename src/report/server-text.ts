import { formatBytes, formatDuration } from '../units.ts'
import { rolesText } from './roles-text.ts'
import type { RunVerdict } from './result.ts'
import type {
  DatabaseReport,
  DatabaseState,
  DatabaseStatus,
  ServerReport,
  ServerStatusReport,
} from './server-report.ts'
import { describeEndpoint, differenceLine, totals, VERDICT_LOOKS } from './summary.ts'
import { clip, columns, fields, firstOf, oneLine, paragraphs, plural } from './text.ts'
import type { Look, Style } from './text.ts'

const MOST_LISTED = 40
const WIDTH = 160

/** What the verdict of a whole server means, in one sentence. */
export function serverMeaning({
  verdict,
  databases,
  folder,
}: Pick<ServerReport, 'verdict' | 'databases' | 'folder'>): string {
  const failed = databases.filter(({ state }) => state !== 'done').length
  if (failed > 0)
    return `${plural(failed, 'database')} of ${plural(databases.length, 'database')} could not be finished`
  const [from, copied] = folder === undefined ? ['source', 'copied'] : ['folder', 'restored']
  const meanings: Record<RunVerdict, string> = {
    SAME: `${from} and target hold the same: roles and ${plural(databases.length, 'database')} compared`,
    DIFFERENT: `${from} and target differ`,
    UNKNOWN: 'not everything could be compared, so nothing is promised',
    SKIPPED: `${copied}, but not compared`,
  }
  return meanings[verdict]
}

/** The closing summary of the run of a whole server, for people. */
export function serverText(report: ServerReport, style: Style): string {
  const { verdict } = report
  return paragraphs([
    [`Verdict: ${style(VERDICT_LOOKS[verdict], verdict)} (${serverMeaning(report)})`],
    facts(report, style),
    databaseTable(report),
    ...report.databases.map((database) => problems(database, style)),
    rolesPart(report, style),
    leftOut(report),
    warnings(report, style),
    nextStep(report, style),
  ])
}

function facts(report: ServerReport, style: Style): string[] {
  const moved = report.databases.flatMap(({ run }) => (run === undefined ? [] : [totals(run)]))
  const bytes = moved.reduce((sum, total) => sum + total.bytes, 0)
  const rows = moved.reduce((sum, total) => sum + total.rows, 0)
  return fields(
    [
      ...(report.folder === undefined ? [] : [['folder', oneLine(report.folder)] as const]),
      ['source', describeEndpoint(report.source)],
      ['target', describeEndpoint(report.target)],
      ['moved', `${formatBytes(bytes)}, ${plural(rows, 'row')}, ${plural(report.databases.length, 'database')}`],
      ['time', formatDuration(report.ms)],
    ],
    style,
  )
}

function databaseTable({ databases }: ServerReport): string[] {
  const rows = databases.map((database) => [
    clip(oneLine(database.database), 40),
    database.run === undefined ? '' : formatBytes(totals(database.run).bytes),
    database.run === undefined ? '' : plural(database.run.tables.length, 'table'),
    stateOf(database),
  ])
  return firstOf(columns(rows, ['left', 'right', 'right', 'left']), MOST_LISTED, '--report FILE lists them all').map(
    (line) => `  ${line}`,
  )
}

/** `SAME in 3.1 s`, `SAME, from earlier`, `failed`. */
export function stateOf({ state, verdict, when, run }: DatabaseReport): string {
  if (run === undefined) return state === 'failed' ? 'failed' : 'not begun'
  const time = when === 'earlier' ? ', from earlier' : ` in ${formatDuration(run.ms)}`
  const failed = run.failures.length === 0 ? '' : `, ${plural(run.failures.length, 'step')} failed`
  return `${verdict}${time}${failed}`
}

/** What of one database is not as it should be. */
function problems({ database, error, run, properties }: DatabaseReport, style: Style): string[] {
  const lines = [
    ...(error === undefined ? [] : [`${style('bad', 'failed')}  ${oneLine(error.message)} (${error.code})`]),
    ...(error?.hint === undefined ? [] : [`        ${oneLine(error.hint)}`]),
    ...(run?.failures ?? []).map(({ label, message, code }) => {
      return `${style('bad', 'failed')}  ${clip(oneLine(`${label}: ${message}`), WIDTH)} (${code})`
    }),
    ...(run?.blocked ?? []).map(({ label, by }) => {
      return `${style('care', 'blocked')}  ${clip(oneLine(`${label}: waits for ${by}`), WIDTH)}`
    }),
    ...[...(run?.differences ?? []), ...properties].map((found) => differenceLine(found, style)),
    ...(run?.sourceWrites ?? []).map(({ table, rows }) => {
      return `${style('care', 'written')}  ${oneLine(table)}: ${plural(rows, 'row')} after the snapshot, not on the target`
    }),
    ...(run?.notices ?? [])
      .filter(({ level }) => level === 'warning')
      .map(({ message, code }) => `${style('care', 'warning')}  ${oneLine(message)} (${code})`),
  ]
  if (lines.length === 0) return []
  return [
    `  ${oneLine(database)}`,
    ...firstOf(lines, MOST_LISTED, '--report FILE lists them all').map((line) => `    ${line}`),
  ]
}

/** Roles that arrived are counted; what is to be looked at or done about them is said as `pgleap roles` says it. */
function rolesPart({ roles }: ServerReport, style: Style): string[] {
  return rolesText({ ...roles, changes: [] }, style)
    .trimEnd()
    .split('\n')
}

function leftOut({ leftOut: databases }: ServerReport): string[] {
  const lines = databases.map(({ database, message }) => `  ${oneLine(database)}: ${oneLine(message)}`)
  return lines.length === 0 ? [] : ['Databases that were left out', ...lines]
}

function warnings({ notices }: ServerReport, style: Style): string[] {
  return notices
    .filter(({ level }) => level === 'warning')
    .map(({ object, message, hint = '', code }) => {
      const about = object === undefined ? '' : `${oneLine(object)}: `
      return `${style('care', 'warning')}  ${about}${oneLine(message)} ${oneLine(hint)} (${code})`
    })
}

/** The command that goes on with a run. */
function again({ folder }: Pick<ServerReport, 'folder'>): string {
  return folder === undefined ? '`pgleap resume --all-databases TARGET`' : 'the same `pgleap restore` command'
}

function nextStep(report: ServerReport, style: Style): string[] {
  const { databases, verdict } = report
  if (databases.some(({ state }) => state !== 'done')) {
    const text = `mend the causes, then ${again(report)} goes on with what is not done.`
    return fields([['next', text]], style)
  }
  return verdict === 'SAME' || verdict === 'SKIPPED' ? [] : fields([['next', 'do not use the target yet.']], style)
}

const STATE_LOOKS: Record<ServerStatusReport['state'], Look> = { running: 'good', broken: 'bad', finished: 'good' }
const DATABASE_STATES: Record<DatabaseState, string> = {
  waiting: 'not begun',
  started: 'begun',
  done: 'done',
  partial: 'steps have failed',
  failed: 'failed',
}

/** A running or broken run of a whole server, for people. */
export function serverStatusText(status: ServerStatusReport, style: Style): string {
  const done = status.databases.filter(({ state }) => state === 'done').length
  return paragraphs([
    [`Run of a whole server: ${style(STATE_LOOKS[status.state], status.state)}`],
    fields(
      [
        [status.folder === undefined ? 'source' : 'folder', oneLine(status.source)],
        ['target', describeEndpoint(status.target)],
        ['started', status.startedAt],
        ['databases', ` ${String(done)} of ${plural(status.databases.length, 'database')} done`],
      ],
      style,
    ),
    columns(status.databases.map(statusRow), ['left', 'left']).map((line) => `  ${line}`),
    status.state === 'broken'
      ? fields([['next', `${again(status)} goes on from here; nothing that is done is done again.`]], style)
      : [],
  ])
}

function statusRow({ database, state, verdict, run, error }: DatabaseStatus): string[] {
  const verdictOf = verdict === undefined ? '' : `, ${verdict}`
  const steps = run === undefined ? '' : `: ${String(run.steps.done)} of ${plural(run.steps.total, 'step')} done`
  const failed = run === undefined || run.steps.failed === 0 ? '' : `, ${String(run.steps.failed)} failed`
  const why = error === undefined ? '' : `: ${oneLine(error.message)} (${error.code})`
  return [oneLine(database), `${DATABASE_STATES[state]}${verdictOf}${steps}${failed}${why}`]
}
