import { tokens, type Token } from '../../archive/index.ts'
import { isReserved } from '../../provider/index.ts'
import { quoteIdent } from '../../sql.ts'
import type { Described } from './described.ts'
import type { Ground } from './left-out.ts'
import type { NewMessage } from './messages.ts'
import type { StatementText } from './reader.ts'

/** What to do where the target refuses a statement for want of a right. */
export interface Otherwise {
  /** Done first, as the connecting role. */
  grant?: string
  /** The statement then. */
  sql: readonly Buffer[]
  /** What there is to say about it once it has worked. */
  tell?: Pick<NewMessage, 'sort' | 'message' | 'reason'>
}

/**
 * What may work where a statement about roles or owners is refused, the best first. Whoever is no superuser may not even say
 * NOSUPERUSER (user.c, AlterRole), name another grantor, or give objects to a role that he is not in; and pg_dumpall does all of that.
 */
export function otherwise(statement: Described, text: StatementText, ground: Ground): Otherwise[] {
  const { verb, kind, name } = statement
  if (kind === 'ROLE') {
    const isOwn = (verb === 'CREATE' || verb === 'ALTER') && !ground.existing.has(name)
    return isOwn ? withoutAttributes(name, text) : []
  }
  if (kind === 'MEMBERSHIP') return withoutGrantor(text)
  return asMember(statement, text, ground)
}

/** Steps in which attributes are given up: first what a new role has not anyhow, and naming it is the only fault. */
const STEPS: readonly (readonly string[])[] = [
  ['nosuperuser', 'noreplication', 'nobypassrls'],
  ['superuser', 'replication', 'bypassrls'],
  ['createrole', 'createdb'],
]

function withoutAttributes(role: string, text: StatementText): Otherwise[] {
  const { sql, found } = read(text)
  const options: Otherwise[] = []
  const givenUp: string[] = []
  for (const step of STEPS) {
    givenUp.push(...step)
    const out = found.filter(({ kind, name }, at) => kind === 'word' && at > 2 && givenUp.includes(name))
    if (!out.some(({ name }) => step.includes(name))) continue
    const lost = out.flatMap(({ name }) => (name.startsWith('no') ? [] : [name.toUpperCase()]))
    // ALTER ROLE may not end in its WITH.
    const reduced = without(sql, out).replace(/\bWITH\s*$/iu, '')
    const reason = `This user may not give these attributes on the target; role ${role} is made without them.`
    options.push({
      sql: [Buffer.from(reduced, 'latin1')],
      ...(lost.length === 0 ? {} : { tell: { sort: 'left-out', message: `Left out: ${lost.join(', ')}.`, reason } }),
    })
  }
  return options
}

function withoutGrantor(text: StatementText): Otherwise[] {
  const { sql, found } = read(text)
  const at = found.findIndex(({ kind, name }, index) => {
    return kind === 'word' && name === 'granted' && found[index + 1]?.name === 'by'
  })
  if (at === -1) return []
  const reason = 'This user may not grant in the name of another; the membership is granted by the user.'
  return [
    {
      sql: [Buffer.from(without(sql, found.slice(at, at + 3)), 'latin1')],
      tell: { sort: 'left-out', message: 'Left out: GRANTED BY.', reason },
    },
  ]
}

/** An owner of this run's own making can be joined; who was there before is not touched. */
function asMember({ tokens: found }: Described, text: StatementText, ground: Ground): Otherwise[] {
  const role = ownerIn(found)
  if (role === undefined || ground.existing.has(role) || isReserved(ground.provider, 'role', role)) return []
  const [them, me] = [quoteIdent(role), quoteIdent(ground.user)]
  const grant = `GRANT ${them} TO ${me}${ground.major > 15 ? ' WITH INHERIT TRUE, SET TRUE' : ''}`
  const back = `REVOKE ${them} FROM ${me}${ground.major > 15 ? ` GRANTED BY ${me}` : ''}`
  const message = `Objects can be given to ${role} by its members alone: ${grant}`
  return [{ grant, sql: text.parts, tell: { sort: 'granted', message, reason: `Take it back by: ${back}` } }]
}

/** The role behind OWNER TO or FOR ROLE. */
function ownerIn(found: readonly Token[]): string | undefined {
  const at = found.findIndex(({ kind, name }, index) => {
    const next = found[index + 1]?.name
    return kind === 'word' && ((name === 'owner' && next === 'to') || (name === 'for' && next === 'role'))
  })
  return at === -1 ? undefined : found[at + 2]?.name
}

/** Byte by byte: what is taken out is ASCII, and all else stays as it is in any encoding. */
function read(text: StatementText): { sql: string; found: Token[] } {
  const sql = Buffer.concat(text.parts).toString('latin1')
  return { sql, found: tokens(sql) }
}

function without(sql: string, out: readonly Token[]): string {
  let kept = ''
  let from = 0
  for (const token of out) {
    kept += sql.slice(from, token.start)
    from = token.end
  }
  return kept + sql.slice(from)
}
