import { formatBytes, formatDuration } from '../units.ts'
import { markdownLines, section, sentence, table } from './markdown.ts'
import type { ServerReport } from './server-report.ts'
import { serverMeaning, stateOf } from './server-text.ts'
import { describeEndpoint, totals } from './summary.ts'

/** The report of the run of a whole server as Markdown: roles, databases, and then the report of each. */
export function serverMarkdownReport(report: ServerReport): string {
  const { roles, databases } = report
  const lines = [
    `# pgleap: ${report.verdict}`,
    '',
    sentence(serverMeaning(report)),
    '',
    ...table(
      ['', ''],
      [
        ['Source', describeEndpoint(report.source)],
        ['Target', describeEndpoint(report.target)],
        ['Started', report.startedAt],
        ['Took', formatDuration(report.ms)],
        ['Roles', `${roles.verdict}; passwords ${roles.passwords}`],
      ],
    ),
    ...section(
      'Databases',
      ['Database', 'State', 'Verdict', 'Bytes', 'Result'],
      databases.map((database) => [
        database.database,
        database.state,
        database.verdict,
        database.run === undefined ? '' : formatBytes(totals(database.run).bytes),
        database.error?.message ?? stateOf(database),
      ]),
    ),
    ...section(
      'Databases that were left out',
      ['Database', 'Why'],
      report.leftOut.map(({ database, message }) => [database, message]),
    ),
    ...section('Properties of databases that differ', ['Database', 'What', 'Detail'], propertyRows(report)),
    ...section('Roles that differ', ['What', 'Field', 'Source', 'Target', 'Why'], roleRows(report)),
    ...section(
      'Refused by the target',
      ['Statement', 'Message', 'SQLSTATE'],
      roles.refused.map(({ sql, message, sqlstate }) => [sql, message, sqlstate]),
    ),
    ...section(
      'Roles: left out',
      ['What', 'Why'],
      roles.leftOut.map(({ object, message }) => [object, message]),
    ),
    ...section(
      'Granted to the connecting role for the migration',
      ['Statement', 'Takes it back'],
      roles.ownMemberships.map(({ sql, undo }) => [sql, undo]),
    ),
    ...section(
      'Notices',
      ['Level', 'Message', 'Hint', 'Code'],
      report.notices.map(({ level, message, hint, code }) => [level, message, hint ?? '', code]),
    ),
  ]
  const parts = databases.flatMap(({ database, run }) => {
    if (run === undefined) return []
    const title = `# Database ${database.replaceAll(/[\n\r]+/gu, ' ')}: ${run.verdict}`
    // One level lower: each report has sections of its own.
    return ['', title, '', ...markdownLines(run)]
  })
  return `${[...lines, ...parts].join('\n')}\n`
}

export function propertyRows({ databases }: ServerReport): string[][] {
  return databases.flatMap(({ database, properties }) =>
    properties.map(({ kind, detail }) => [database, kind, detail ?? '']),
  )
}

export function roleRows({ roles }: ServerReport): string[][] {
  return roles.differences.map(({ object, field, source, target, reason }) => {
    return [object, field, source, target, reason ?? '']
  })
}
