import { quoteIdent } from '../sql.ts'
import type { Archive, Entry } from './entry.ts'
import { isAcl } from './kinds.ts'
import { ownedObject } from './owner.ts'
import { tokens, type Token } from './lexer.ts'

/** Words that stand where a role may stand, and are none. */
const NO_ROLES = new Set(['current_user', 'current_role', 'session_user', 'group'])

/** Owners that the archive's objects want; what has no owner of its own is left out. */
export function ownersOf(archive: Pick<Archive, 'entries'>): Set<string> {
  return new Set(archive.entries.flatMap((entry) => (ownedObject(entry) === undefined ? [] : (entry.owner ?? []))))
}

/** Roles that the entry's text names: who grants, who is granted to, whose policy, default privileges or user mapping it is. */
export function rolesOf(entry: Entry): Set<string> {
  return new Set(roleTokens(entry).map((token) => token.name))
}

/** The entry's definition with roles renamed; text that names none of them comes back as it is. */
export function mapRoles(entry: Entry, roleMap: ReadonlyMap<string, string>): string {
  if (roleMap.size === 0) return entry.defn
  let text = ''
  let copied = 0
  for (const token of roleTokens(entry)) {
    const renamed = roleMap.get(token.name)
    if (renamed === undefined) continue
    text += entry.defn.slice(copied, token.start) + quoteIdent(renamed)
    copied = token.end
  }
  return text + entry.defn.slice(copied)
}

/**
 * Roles in pg_dump's text (dumputils.c buildACLCommands, buildDefaultACLCommands; pg_dump.c dumpPolicy, dumpUserMappings).
 * They follow a keyword outside of parentheses, so that neither a function's arguments nor a policy's condition is looked at.
 */
export function roleTokens(entry: Entry): Token[] {
  const isRoleStart = roleKeywords(entry)
  if (isRoleStart === undefined) return []
  const found: Token[] = []
  const all = tokens(entry.defn).filter((token) => token.depth === 0)
  let inList = false
  for (const [i, token] of all.entries()) {
    const before = all[i - 1]
    const starts: boolean = before !== undefined && isRoleStart(before, all[i - 2], all[i - 3])
    const goesOn: boolean = inList && before?.text === ','
    if ((starts || goesOn) && token.kind !== 'symbol' && !isNoRole(token)) {
      found.push(token)
    }
    inList = starts || (inList && (goesOn || token.text === ','))
  }
  return found
}

/** `public` is nobody's name, in quotes either (gram.y, RoleSpec): a pg_dump that quotes every name writes `FOR "public"`. */
function isNoRole({ kind, name }: Token): boolean {
  return name === 'public' || (kind === 'word' && NO_ROLES.has(name))
}

type RoleStart = (last: Token, second: Token | undefined, third: Token | undefined) => boolean

function roleKeywords(entry: Entry): RoleStart | undefined {
  if (isAcl(entry)) {
    return (last, second, third) =>
      isWord(last, 'to') ||
      isWord(last, 'from') ||
      (isWord(last, 'by') && isWord(second, 'granted')) ||
      (isWord(last, 'role') && isWord(second, 'for')) ||
      (isWord(last, 'authorization') && isWord(second, 'session') && isWord(third, 'set'))
  }
  switch (entry.desc) {
    case 'POLICY':
      return (last) => isWord(last, 'to')
    case 'USER MAPPING':
      return (last) => isWord(last, 'for')
    default:
      return undefined
  }
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.name === word
}
