import { isAcl, tokens, type Entry, type Token } from '../archive/index.ts'

/**
 * How one and the same definition is written on servers of different majors by one pg_dump. Found by restoring every
 * kind of object from each major to each newer one and dumping it again (test/verify/schema.test.ts).
 *
 * Each is a rule that takes away what only one of the two forms can hold, and nothing else: after it, equal definitions
 * have equal texts, and no changed one has. A difference that no rule explains is a difference.
 */
export interface KnownDifference {
  why: string
  /** Whether the source (first) and the target (second) write it differently. */
  between: (source: number, target: number) => boolean
  about: (entry: Entry) => boolean
  /** Takes the difference away from the text of either side. */
  rewrite: (text: string, entry: Entry) => string
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    why: 'Multirange types came with 14; before it, a range type names none.',
    between: (source, target) => source < 14 && target >= 14,
    about: ({ desc }) => desc === 'TYPE',
    rewrite: (text) => text.replaceAll(/^ {4}multirange_type_name = .*,?\n/gm, ''),
  },
  {
    why: 'NOT NULL constraints have names from 18 on, and pg_dump writes those that 18 would not choose itself.',
    between: (source, target) => source < 18 && target >= 18,
    about: ({ desc }) => desc === 'TABLE' || desc === 'FOREIGN TABLE',
    rewrite: (text) => text.replaceAll(/ CONSTRAINT (?:"(?:[^"]|"")*"|[\w$\u0080-\uffff]+) NOT NULL\b/g, ' NOT NULL'),
  },
  {
    why: 'The type json is a word of SQL from 17 on, and never quoted, even where every name is.',
    between: (source, target) => source < 17 && target >= 17,
    about: () => true,
    rewrite: (text) => text.replaceAll('"json"', 'json'),
  },
  {
    why: 'The privilege MAINTAIN came with 17: whose owner has lost every privilege before has this one left on 17.',
    between: (source, target) => source < 17 && target >= 17,
    about: (entry) => isAcl(entry) && /^(?:TABLE|DEFAULT PRIVILEGES FOR TABLES)\b/.test(entry.tag),
    rewrite: withoutOwnersMaintain,
  },
  {
    why: 'A policy names its roles in the order in which they happen to lie in pg_authid (getPolicies of pg_dump.c).',
    between: () => true,
    about: ({ desc }) => desc === 'POLICY',
    rewrite: (text) =>
      text.replace(
        /^(CREATE POLICY .*? TO )(.*?)(?= USING \(| WITH CHECK \(|;$)/m,
        (_, head: string, roles: string) => {
          return head + (roles.match(/"(?:[^"]|"")*"|[^\s,"]+/g) ?? []).toSorted().join(', ')
        },
      ),
  },
]

const BEFORE_MAINTAIN = 'SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER'.split(',').toSorted()

const GRANT_LINE =
  /^(?<head>(?:ALTER DEFAULT PRIVILEGES .* )?(?<verb>GRANT|REVOKE)) (?<list>ALL|[A-Z]+(?:,[A-Z]+)*) (?<rest>ON .* (?:TO|FROM) .*;)$/

/** Writes ALL as the privileges of 16, in a fixed order, and leaves out what only says that the owner has MAINTAIN. */
function withoutOwnersMaintain(text: string, { owner }: Entry): string {
  return text
    .split('\n')
    .flatMap((line) => {
      const { head, verb, list, rest } = GRANT_LINE.exec(line)?.groups ?? {}
      if (head === undefined || list === undefined || rest === undefined) return [line]
      const privileges = list === 'ALL' ? BEFORE_MAINTAIN : list.split(',').toSorted()
      // The last two tokens are who is granted to and the semicolon.
      const isOwners = verb === 'GRANT' && tokens(rest).at(-2)?.name === owner
      const kept = isOwners ? privileges.filter((privilege) => privilege !== 'MAINTAIN') : privileges
      return kept.length === 0 ? [] : [`${head} ${kept.join(',')} ${rest}`]
    })
    .join('\n')
}

/** From this major on, a query over one relation is printed without the relation's name before its columns. */
const BARE_COLUMNS = 16

/**
 * Whether a view's (or rule's) text differs only as 16 prints it otherwise: `SELECT orders.total FROM orders` is now
 * `SELECT total FROM orders` (ruleutils.c, get_query_def: no prefix where the query reads one relation and stands by
 * itself). The relation's name is dropped before columns where 16 shows none. This cannot hide a change: 16 leaves the
 * name out only where a single relation can be meant, and both texts have to name the same one.
 */
export function isSameQuery(source: string, target: string, majors: { source: number; target: number }): boolean {
  if (majors.source >= BARE_COLUMNS || majors.target < BARE_COLUMNS) return false
  const before = tokens(source)
  const after = tokens(target)
  const relations = relationsIn(before)
  let at = 0
  for (const [place, token] of after.entries()) {
    // `orders.total` against `total`, and `total.total` against it.
    const isBare = after[place + 1]?.text !== '.' && after[place - 1]?.text !== '.'
    if (isBare && isColumnOf(relations, before, at) && isSameToken(before[at + 2], token)) at += 2
    if (!isSameToken(before[at], token)) return false
    at += 1
  }
  return at === before.length
}

const AFTER_RELATION: ReadonlySet<string> = new Set(
  '; ) ( WHERE GROUP HAVING WINDOW ORDER LIMIT OFFSET FETCH FOR UNION INTERSECT EXCEPT WITH'.split(' '),
)

/** What may be named before a column: the names with which a FROM ends. A schema's name is always followed by a dot. */
function relationsIn(all: readonly Token[]): Set<string> {
  return new Set(
    all.flatMap((token, at) => (isName(token) && AFTER_RELATION.has(all[at + 1]?.text ?? ';') ? [token.name] : [])),
  )
}

/** Where a name with a dot in it is a relation's, a type's or a collation's. */
const NO_COLUMN_AFTER: ReadonlySet<string> = new Set([
  'FROM',
  'JOIN',
  'ONLY',
  'INTO',
  'UPDATE',
  'COLLATE',
  'AS',
  ':',
  '.',
])

/** One of the relations, a dot, and a column or star. */
function isColumnOf(relations: ReadonlySet<string>, all: readonly Token[], at: number): boolean {
  const relation = all[at]
  const column = all[at + 2]
  const next = all[at + 3]?.text
  return (
    relation !== undefined &&
    isName(relation) &&
    relations.has(relation.name) &&
    !NO_COLUMN_AFTER.has(all[at - 1]?.text ?? '') &&
    all[at + 1]?.text === '.' &&
    (isName(column) || column?.text === '*') &&
    next !== '(' &&
    next !== '.'
  )
}

function isSameToken(a: Token | undefined, b: Token | undefined): boolean {
  return a !== undefined && b !== undefined && a.text === b.text
}

function isName(token: Token | undefined): boolean {
  return token?.kind === 'word' || token?.kind === 'quoted'
}
