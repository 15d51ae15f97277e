import { formatBytes, formatDuration } from '../units.ts'
import type { DumpedDatabase, DumpReport } from './dump-report.ts'
import { describeEndpoint } from './summary.ts'
import { fields, firstOf, oneLine, paragraphs, plural, type Style } from './text.ts'

const MOST_LISTED = 40

/** What a dump came to, for people: what lies where, of which moment, and what is no part of it. */
export function dumpText(report: DumpReport, style: Style): string {
  const { databases, failed, leftOut, notices } = report
  const warnings = notices.filter(({ level }) => level === 'warning')
  return paragraphs([
    [headline(report, style)],
    fields(
      [
        ['source', describeEndpoint(report.source)],
        ['to', `${oneLine(report.to)} (${report.format}, ${report.compression})`],
        ...(report.roles === undefined ? [] : [['roles', oneLine(report.roles)] as const]),
        ['time', formatDuration(report.ms)],
      ],
      style,
    ),
    ...databases.map((database) => facts(database, style)),
    listed(
      failed.map(
        ({ database, message, code }) =>
          `${style('bad', 'failed')}   ${oneLine(database)}: ${oneLine(message)} (${code})`,
      ),
    ),
    listed(
      leftOut.map(({ database, reason }) => `${style('faint', 'left out')} ${oneLine(database)}: ${oneLine(reason)}`),
    ),
    listed(warnings.map(({ message, code }) => `${style('care', 'warning')}  ${oneLine(message)} (${code})`)),
    next(report, style),
  ])
}

function headline({ databases, failed }: DumpReport, style: Style): string {
  const done = databases.length === 1 ? '' : ` ${plural(databases.length, 'database')}`
  return failed.length === 0
    ? `${style('good', 'Dumped')}${done}`
    : `${style('bad', 'Incomplete')}: dumped${done}; ${plural(failed.length, 'database')} failed`
}

function facts(database: DumpedDatabase, style: Style): string[] {
  const { tables, largeObjects, sequences, kept } = database
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const objects = largeObjects.count === 0 ? '' : `, ${plural(largeObjects.count, 'large object')}`
  return fields(
    [
      ['database', `${oneLine(database.database)}, as it was at ${database.moment}`],
      [
        'holds',
        `${plural(tables.length, 'table')}, ${plural(rows, 'row')}, ${plural(sequences, 'sequence')}${objects}`,
      ],
      ['files', `${plural(database.files, 'file')}, ${formatBytes(database.bytes)}`],
      ...(kept === 0 ? [] : [['kept', `${plural(kept, 'table')} that an earlier dump had finished`] as const]),
    ],
    style,
  )
}

function listed(lines: readonly string[]): string[] {
  return firstOf(lines, MOST_LISTED, '--json lists them all').map((line) => `  ${line}`)
}

function next({ to, format, databases, failed }: DumpReport, style: Style): string[] {
  if (to === '-' || failed.length > 0) return []
  const isServer = databases.length !== 1 || databases[0]?.to !== to
  const command = !isServer
    ? `pgleap restore ${to} TARGET`
    : format === 'plain'
      ? `pgleap restore ${to}/roles.sql TARGET\`, then the same for each script of \`${to}/databases`
      : `pgleap restore --all-databases ${to} TARGET`
  const proof = databases.every(({ hashes, manifest }) => hashes === 'full' && manifest !== undefined)
  const verdict =
    proof && format !== 'plain' ? ' restores it, and compares the target with its hashes.' : ' restores it.'
  return fields([['next', `\`${oneLine(command)}\`${verdict}`]], style)
}
