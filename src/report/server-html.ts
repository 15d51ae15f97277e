import { formatBytes, formatDuration } from '../units.ts'
import { badge, grid, htmlPage, htmlParts, text } from './html.ts'
import { sentence } from './markdown.ts'
import { propertyRows, roleRows } from './server-markdown.ts'
import type { ServerReport } from './server-report.ts'
import { serverMeaning, stateOf } from './server-text.ts'
import { describeEndpoint, totals } from './summary.ts'

/** The report of the run of a whole server as one HTML file: roles and databases, and the report of each to unfold. */
export function serverHtmlReport(report: ServerReport): string {
  const { roles } = report
  const body = [
    `<h1>${badge(report.verdict)} ${text(sentence(serverMeaning(report)))}</h1>`,
    facts(report),
    grid(
      'Databases',
      ['Database', 'Verdict', 'Bytes', 'Result'],
      report.databases.map((database) => [
        text(database.database),
        badge(database.verdict),
        text(database.run === undefined ? '' : formatBytes(totals(database.run).bytes)),
        text(database.error?.message ?? stateOf(database)),
      ]),
    ),
    grid(
      'Databases that were left out',
      ['Database', 'Why'],
      cells(report.leftOut.map(({ database, message }) => [database, message])),
    ),
    grid('Properties of databases that differ', ['Database', 'What', 'Detail'], cells(propertyRows(report))),
    grid('Roles that differ', ['What', 'Field', 'Source', 'Target', 'Why'], cells(roleRows(report))),
    grid(
      'Refused by the target',
      ['Statement', 'Message', 'SQLSTATE'],
      cells(roles.refused.map(({ sql, message, sqlstate }) => [sql, message, sqlstate])),
    ),
    grid('Roles: left out', ['What', 'Why'], cells(roles.leftOut.map(({ object, message }) => [object, message]))),
    grid(
      'Granted to the connecting role for the migration',
      ['Statement', 'Takes it back'],
      cells(roles.ownMemberships.map(({ sql, undo }) => [sql, undo])),
    ),
    grid(
      'Notices',
      ['Level', 'Message', 'Code'],
      cells(report.notices.map(({ level, message, hint = '', code }) => [level, `${message} ${hint}`, code])),
    ),
    ...report.databases.map(({ database, run }) => {
      if (run === undefined) return ''
      return `<details><summary><b>${text(database)}</b> ${badge(run.verdict)}</summary>${htmlParts(run)}</details>`
    }),
  ]
  return htmlPage(`pgleap: ${report.source.host}, ${report.verdict}`, body.filter((part) => part !== '').join('\n'))
}

/** Rows of plain text. */
function cells(rows: readonly (readonly string[])[]): string[][] {
  return rows.map((row) => row.map(text))
}

function facts(report: ServerReport): string {
  const pairs: [string, string][] = [
    ['Source', describeEndpoint(report.source)],
    ['Target', describeEndpoint(report.target)],
    ['Started', report.startedAt],
    ['Took', formatDuration(report.ms)],
    ['Roles', `${report.roles.verdict}; passwords ${report.roles.passwords}`],
  ]
  return `<dl>${pairs.map(([name, value]) => `<dt>${text(name)}</dt><dd>${text(value)}</dd>`).join('')}</dl>`
}
