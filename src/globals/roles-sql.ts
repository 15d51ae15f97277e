import { fullSql, type Change, type RolesPlan } from './plan.ts'

/**
 * A plan as a script for psql, for people to read, change and run. Verifiers are in it only where asked for; else each role that has
 * a password is followed by the line that asks for one. What was left out stands in comments.
 */
export function rolesSql(plan: RolesPlan, { verifiers }: { verifiers: 'include' | 'omit' }): string {
  const lines = [
    `-- Roles for PostgreSQL ${String(plan.target.major)}, written by pgleap. Run it with psql, in any database.`,
    '\\set ON_ERROR_STOP on',
    'BEGIN;',
    ...plan.changes.filter((change) => !isLabel(change)).flatMap((change) => statements(change, verifiers)),
    'COMMIT;',
  ]
  const labels = plan.changes.filter(isLabel)
  if (labels.length > 0) {
    lines.push(
      '',
      '-- Security labels: each is refused where the library that it is of is not loaded, and all else stays.',
    )
    lines.push('\\set ON_ERROR_STOP off', ...labels.map(({ sql }) => `${sql};`))
  }
  const passwords = [
    ...(verifiers === 'omit' ? plan.changes.flatMap(passwordLine) : []),
    ...plan.noLogin.flatMap(({ psql }) => psql.split('\n')),
  ]
  if (passwords.length > 0) {
    lines.push('', '-- Passwords, which this script does not hold: each line asks for one.', ...passwords.map(comment))
  }
  const notes = [
    ...plan.leftOut.map(({ object, message }) => `${object}: ${message}`),
    ...plan.differences.map(({ object, field, source, target }) => {
      return `${object}: ${field} is ${source} on the source and ${target} on the target; it is left alone.`
    }),
  ]
  if (notes.length > 0) lines.push('', '-- Left out, or different already:', ...notes.map(comment))
  return `${lines.join('\n')}\n`
}

function isLabel({ kind }: Change): boolean {
  return kind === 'label'
}

function statements(change: Change, verifiers: 'include' | 'omit'): string[] {
  const sql = verifiers === 'include' ? fullSql(change) : change.sql
  return [`${sql};`]
}

function passwordLine({ password, sql }: Change): string[] {
  const role = /^CREATE ROLE ("(?:[^"]|"")*")/u.exec(sql)?.[1]
  return password === undefined || role === undefined ? [] : [`\\password ${role}`]
}

/** Names may hold line ends, and a comment must not end before its text does. */
function comment(text: string): string {
  return `-- ${text.replaceAll(/[\n\r]+/gu, ' ')}`
}
