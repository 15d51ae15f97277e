import { formatBytes, formatDuration } from '../units.ts'
import type { Prediction, RehearsalFailure, RehearsalReport, RehearsalVerdict } from './rehearsal-report.ts'
import { describeEndpoint } from './summary.ts'
import { clip, columns, fields, firstOf, oneLine, paragraphs, plural, wrap } from './text.ts'
import type { Look, Style } from './text.ts'

const WIDTH = 100
const MOST_LISTED = 50
const MOST_TABLES = 5
const DEFINITION_LINES = 6

const VERDICTS: Record<RehearsalVerdict, { look: Look; meaning: string }> = {
  ARRIVES: { look: 'good', meaning: 'every object was made on that version' },
  FAILS: { look: 'bad', meaning: 'not every object works on that version' },
}

/** The outcome of a rehearsal, for people: what fails and why, what could not be seen, how long and how large it will be. */
export function rehearsalText(report: RehearsalReport, style: Style): string {
  const { look, meaning } = VERDICTS[report.verdict]
  return paragraphs([
    [`Rehearsal: ${style(look, report.verdict)} (${meaning})`],
    facts(report, style),
    ...firstFailures(report.failures).map((failure) => failureBlock(failure, style)),
    restOfFailures(report),
    blockedBlock(report, style),
    brokenBefore(report, style),
    unseen(report, style),
    warnings(report, style),
    predictionBlock(report.prediction, style),
    nextBlock(report, style),
  ])
}

function facts(report: RehearsalReport, style: Style): string[] {
  const { source, scratch, objects, bodies, space } = report
  const checked = bodies.checked.map(
    ({ language, bodies: count, depth }) => `${plural(count, `${language} body`, `${language} bodies`)} (${depth})`,
  )
  const where = scratch.server === 'embedded' ? `an embedded PostgreSQL ${scratch.version}` : describeEndpoint(scratch)
  return fields(
    [
      ['source', describeEndpoint(source)],
      ['tried on', `${where}; the scratch database is gone`],
      [
        'objects',
        `${plural(objects.tried, 'object')}: ${String(objects.arrived)} arrived, ${String(objects.failed)} failed, ${String(objects.blocked)} need what failed`,
      ],
      ['bodies', checked.length === 0 ? 'none' : `${checked.join(', ')} read`],
      [
        'space',
        `data ${formatBytes(space.dataBytes)}, indexes ${formatBytes(space.indexBytes)}, WAL about ${formatBytes(space.walBytes)}${space.dumpFileBytes === undefined ? '' : `; a dump file would be about ${formatBytes(space.dumpFileBytes)}`}`,
      ],
      ['time', formatDuration(report.ms)],
    ],
    style,
  )
}

function firstFailures(failures: readonly RehearsalFailure[]): readonly RehearsalFailure[] {
  return failures.slice(0, MOST_LISTED)
}

function failureBlock(failure: RehearsalFailure, style: Style): string[] {
  const sqlstate = failure.sqlstate === undefined ? '' : ` (SQLSTATE ${oneLine(failure.sqlstate)})`
  const what = { object: '', body: ', its body', data: ', with its data' }[failure.what]
  return [
    `  ${style('bad', 'fails')}  ${style('strong', oneLine(failure.object))}${what}`,
    ...indented(`${oneLine(failure.message)}${sqlstate}`),
    ...why(failure, style),
    ...definitionLines(failure.definition, style),
  ]
}

/** What a check says of this very object tells more than what its SQLSTATE means in general. */
function why({ findings, reason }: RehearsalFailure, style: Style): string[] {
  const [finding] = findings
  if (finding !== undefined) return indented(oneLine(finding.message), style('faint', finding.id))
  return reason === undefined ? [] : indented(oneLine(reason), style('faint', 'why'))
}

/** Lines of text below a failure, the first of them behind a word. */
function indented(text: string, word?: string): string[] {
  return wrap(text, WIDTH - 14).map(
    (line, at) => `         ${at === 0 && word !== undefined ? `${word}  ` : ''}${line}`,
  )
}

function definitionLines(definition: string | undefined, style: Style): string[] {
  if (definition === undefined) return []
  const lines = definition
    .replaceAll('\t', '  ')
    .split('\n')
    .map((line) => {
      const [blanks = ''] = /^ */u.exec(line) ?? []
      return clip(blanks + oneLine(line), WIDTH - 11)
    })
  return firstOf(lines, DEFINITION_LINES, '--json has all of it').map(
    (line) => `         ${style('faint', `| ${line}`)}`,
  )
}

function restOfFailures({ failures }: RehearsalReport): string[] {
  const rest = failures.length - MOST_LISTED
  return rest > 0 ? [`  and ${plural(rest, 'failure')} more; --json lists them all`] : []
}

function blockedBlock({ blocked }: RehearsalReport, style: Style): string[] {
  if (blocked.length === 0) return []
  const lines = blocked.map(({ object, because }) => `    ${oneLine(object)}: because of ${oneLine(because)}`)
  return [
    style('care', '  Not tried, since something that they need fails'),
    ...firstOf(lines, MOST_LISTED, '--json lists them all'),
  ]
}

function brokenBefore({ bodies }: RehearsalReport, style: Style): string[] {
  if (bodies.brokenOnSource.length === 0) return []
  const lines = bodies.brokenOnSource.map(({ object, message }) => `    ${oneLine(object)}: ${oneLine(message)}`)
  return [
    style('faint', '  Bodies that the source does not understand either'),
    ...firstOf(lines, MOST_TABLES, '--json lists them all'),
  ]
}

function unseen({ bodies }: RehearsalReport, style: Style): string[] {
  return [style('faint', '  Cannot be seen before it runs'), ...bodies.unseen.map((line) => `    ${line}`)]
}

function warnings({ notices }: RehearsalReport, style: Style): string[] {
  return notices
    .filter(({ level }) => level === 'warning')
    .flatMap(({ message, hint }) =>
      indented(`${oneLine(message)}${hint === undefined ? '' : ` ${oneLine(hint)}`}`, style('care', 'warning')),
    )
}

function predictionBlock(prediction: Prediction | undefined, style: Style): string[] {
  if (prediction === undefined) return []
  const { totalMs, lowMs, highMs, phases, sample, server, measured, jobs } = prediction
  const share = sample >= 1 ? 'all rows' : `${String(Math.round(sample * 1000) / 10)} % of the data`
  const machine = server === 'embedded' ? '; on this machine, which is not the target' : ''
  const parts = [
    `reading ${formatDuration(phases.readMs)}`,
    `copying ${formatDuration(phases.runMs)}`,
    `comparing ${formatDuration(phases.verifyMs)}`,
  ]
  const rows = prediction.tables
    .toSorted((one, other) => other.copyMs + other.indexMs - one.copyMs - one.indexMs)
    .slice(0, MOST_TABLES)
    .map(({ table, bytes, copyMs, indexMs }) => [
      clip(oneLine(table), 48),
      formatBytes(bytes),
      `copy ${formatDuration(copyMs)}`,
      `indexes ${formatDuration(indexMs)}`,
    ])
  return [
    `  ${style('strong', 'The real run')} takes about ${formatDuration(totalMs)}, between ${formatDuration(lowMs)} and ${formatDuration(highMs)}`,
    ...fields(
      [
        ['made of', parts.join(', ')],
        ['pause', `${formatDuration(prediction.pauseMs)} without writes to the source, if it is to be complete`],
        ['measured', `${share}, ${plural(jobs, 'job')}${machine}`],
        [
          'a stream',
          `copy ${String(measured.copyMbPerS)} MB/s, indexes ${String(measured.indexMbPerS)} MB/s, comparing ${String(measured.verifyMbPerS)} MB/s`,
        ],
      ],
      style,
    ),
    ...columns(rows, ['left', 'right', 'right', 'right']).map((line) => `    ${line}`),
  ]
}

function nextBlock(report: RehearsalReport, style: Style): string[] {
  const next =
    report.verdict === 'ARRIVES'
      ? '`pgleap migrate SOURCE TARGET` does it.'
      : 'mend these on the source (`pgleap check SOURCE --fix-sql FILE` writes what it can), then rehearse again.'
  return fields([['next', next]], style)
}
