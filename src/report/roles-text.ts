import { formatDuration } from '../units.ts'
import type { RolesReport } from './roles-report.ts'
import { describeEndpoint } from './summary.ts'
import { fields, firstOf, oneLine, paragraphs, plural, type Look, type Style } from './text.ts'

const MOST_LISTED = 40

const VERDICTS: Record<RolesReport['verdict'], { look: Look; meaning: string }> = {
  SAME: { look: 'good', meaning: 'the target has the roles of the source' },
  DIFFERENT: { look: 'bad', meaning: 'source and target differ' },
  UNKNOWN: { look: 'care', meaning: 'not everything could be compared' },
  SKIPPED: { look: 'strong', meaning: 'there is no target to compare with' },
}

/** The roles of two servers, for people: what is missing or was made, what differs, what stays behind and why. */
export function rolesText(report: RolesReport, style: Style): string {
  const { look, meaning } = VERDICTS[report.verdict]
  return paragraphs([
    [`Roles: ${style(look, report.verdict)} (${meaning})`],
    facts(report, style),
    listed(
      report.mode === 'apply' ? 'Done' : 'Missing on the target; --apply does it',
      report.changes.map(({ sql }) => `${oneLine(sql)};`),
    ),
    listed(
      style('bad', 'Refused by the target'),
      report.refused.map(({ sql, message, sqlstate }) => `${oneLine(sql)}; -- ${oneLine(message)} (${sqlstate})`),
    ),
    listed(
      style('care', 'Not tried, as a role could not be made'),
      report.blocked.map(({ sql }) => `${oneLine(sql)};`),
    ),
    listed(style('care', 'Different on both sides, and left alone'), differences(report)),
    listed(
      'Left out, or not as on the source',
      report.leftOut.map(({ object, message }) => `${oneLine(object)}: ${oneLine(message)}`),
    ),
    listed(
      style('care', 'Without LOGIN for want of a password; in psql'),
      report.noLogin.flatMap(({ psql }) => psql.split('\n').map(oneLine)),
    ),
    listed(
      'Granted to the connecting role for the migration; afterwards take it back with',
      report.ownMemberships.map(({ undo }) => `${oneLine(undo)};`),
    ),
    listed('Tablespaces', report.tablespaces.map(tablespace)),
  ])
}

function facts(report: RolesReport, style: Style): string[] {
  const { source, target } = report
  const sides = [
    ['source', `${describeEndpoint(source)}, ${source.provider}`],
    ...(target === undefined ? [] : [['target', `${describeEndpoint(target)}, ${target.provider}`] as const]),
    ['roles', `${plural(report.roles, 'role')} of the source, in ${formatDuration(report.ms)}`],
    ...(target === undefined ? [] : [['passwords', PASSWORDS[report.passwords]] as const]),
  ] as const
  return fields(
    sides.map(([name = '', value = '']) => [name, value] as const),
    style,
  )
}

const PASSWORDS: Record<RolesReport['passwords'], string> = {
  SAME: 'the same, where roles are on both sides',
  DIFFERENT: 'not the same for every role that is on both sides',
  UNKNOWN: 'cannot be compared: a side does not show what it checks them against',
  SKIPPED: 'not compared',
}

/** What is missing is listed as statements already. */
function differences({ differences }: RolesReport): string[] {
  return differences
    .filter(({ field }) => field !== 'existence')
    .map(({ object, field, source, target, reason }) => {
      const why = reason === undefined ? '' : ` (${reason})`
      return `${oneLine(object)}: ${field} is ${oneLine(source)} on the source, ${oneLine(target)} on the target${why}`
    })
}

function tablespace({ name, databases, target, how }: RolesReport['tablespaces'][number]): string {
  const where = how === 'missing' ? `${target ?? ''}, which the target does not have` : (target ?? 'the default one')
  const used = databases.length === 0 ? 'used by no database' : `used by ${databases.join(', ')}`
  return oneLine(`${name} becomes ${where}; ${used}`)
}

function listed(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return []
  return [title, ...firstOf(lines, MOST_LISTED, '--json lists them all').map((line) => `  ${line}`)]
}
