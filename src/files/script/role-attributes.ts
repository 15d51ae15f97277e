import { tokens } from '../../archive/index.ts'
import type { StatementText } from './reader.ts'

/** A statement about a role with some attributes taken out. */
export interface ReducedRole {
  sql: Buffer
  /** The attributes that the role does not get; what a new role lacks anyhow is not in here. */
  lost: string[]
}

/** Steps in which attributes are given up: first what a new role has not anyhow, and naming it is the only fault. */
const STEPS: readonly (readonly string[])[] = [
  ['nosuperuser', 'noreplication', 'nobypassrls'],
  ['superuser', 'replication', 'bypassrls'],
  ['createrole', 'createdb'],
]

/**
 * What to try where the target refuses CREATE ROLE or ALTER ROLE of a role that is this run's own. Whoever is no superuser may
 * not even say NOSUPERUSER (user.c, AlterRole), and pg_dumpall always does; so on a managed service no role would get its
 * LOGIN and its password.
 */
export function reducedRoles(text: StatementText): ReducedRole[] {
  // Byte by byte: what is taken out is ASCII, and all else stays as it is in any encoding.
  const sql = Buffer.concat(text.parts).toString('latin1')
  const found = tokens(sql)
  const options: ReducedRole[] = []
  const givenUp: string[] = []
  for (const step of STEPS) {
    givenUp.push(...step)
    const out = found.filter(({ kind, name }, at) => kind === 'word' && at > 2 && givenUp.includes(name))
    if (!out.some(({ name }) => step.includes(name))) continue
    let reduced = ''
    let from = 0
    for (const token of out) {
      reduced += sql.slice(from, token.start)
      from = token.end
    }
    reduced += sql.slice(from)
    const lost = out.flatMap(({ name }) => (name.startsWith('no') ? [] : [name.toUpperCase()]))
    options.push({ sql: Buffer.from(withoutBareWith(reduced), 'latin1'), lost })
  }
  return options
}

/** ALTER ROLE may not end in its WITH. */
function withoutBareWith(sql: string): string {
  return sql.replace(/\bWITH\s*$/iu, '')
}
