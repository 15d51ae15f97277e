import type { Entry } from './entry.ts'
import { tokens, type Token } from './lexer.ts'
import { roleTokens } from './roles.ts'

interface Statement {
  start: number
  end: number
  /** Its first three words, in lower case. */
  begins: string
  roles: string[]
}

/**
 * The statements of a definition that pg_dump wrote, each with the roles that it names. What stands between them (comments)
 * belongs to the next one.
 */
function statementsOf(entry: Entry): Statement[] {
  const roles = roleTokens(entry)
  const found: Statement[] = []
  let words: Token[] = []
  let start = 0
  for (const token of tokens(entry.defn)) {
    words.push(token)
    if (token.text !== ';' || token.depth > 0) continue
    const { end } = token
    const from = start
    found.push({
      start,
      end,
      begins: words
        .slice(0, 3)
        .map(({ name }) => name)
        .join(' '),
      roles: roles.filter((role) => role.start >= from && role.end <= end).map(({ name }) => name),
    })
    start = end
    words = []
  }
  return found
}

/**
 * The definition of an ACL entry without the statements that are not wanted, and how many those are; no statement is changed.
 * A grant that somebody else than the owner made stands between `SET` and `RESET SESSION AUTHORIZATION` (dumputils.c,
 * buildACLCommands): where that role is not wanted, the grant stays and becomes the owner's.
 */
export function withoutStatements(
  entry: Entry,
  isUnwanted: (roles: readonly string[], text: string) => boolean,
): { defn: string; left: number } {
  const statements = statementsOf(entry)
  const textOf = ({ start, end }: Statement) => entry.defn.slice(start, end)
  const drops = statements.map((one) => !isFrame(one) && isUnwanted(one.roles, textOf(one).trim()))
  const left = drops.filter((drop) => drop).length
  for (const [at, one] of statements.entries()) {
    if (one.begins !== SET) continue
    const reset = statements.findIndex((other, index) => index > at && other.begins === RESET)
    const end = reset === -1 ? statements.length : reset
    const isEmpty = drops.slice(at + 1, end).every((drop) => drop)
    if (!isEmpty && !isUnwanted(one.roles, textOf(one).trim())) continue
    drops[at] = true
    if (reset !== -1) drops[reset] = true
  }
  if (!drops.includes(true)) return { defn: entry.defn, left: 0 }
  return {
    defn: statements
      .filter((_, at) => drops[at] !== true)
      .map(textOf)
      .join(''),
    left,
  }
}

/** The statements of an ACL entry, as they stand there. */
export function grantsOf(entry: Entry): string[] {
  return statementsOf(entry)
    .filter((one) => !isFrame(one))
    .map(({ start, end }) => entry.defn.slice(start, end).trim())
}

const SET = 'set session authorization'
const RESET = 'reset session authorization'

function isFrame({ begins }: Statement): boolean {
  return begins === SET || begins === RESET
}
