import { tokens, type Token } from '../../archive/index.ts'
import type { StatementText } from './reader.ts'

/** What a statement is about, as far as its words tell. Never holds a string of it, so it can be shown. */
export interface Described {
  /** `CREATE`, `ALTER`, `COPY`; empty where there is no word. */
  verb: string
  /** `TABLE`, `ROLE`, `USER MAPPING`; empty where the verb has none. */
  kind: string
  /** As it is written, quotes taken off, its parts joined by dots: `public.orders`. */
  name: string
  /** The parts of the name. */
  path: readonly string[]
  /** For people: `CREATE TABLE public.orders`. */
  label: string
  /** The tokens of its beginning. */
  tokens: readonly Token[]
  /** Where in `tokens` the name ends. */
  behindName: number
}

/** As much of a statement's beginning is looked at as says what it is. */
const HEAD_BYTES = 4096

/** Kinds of two or more words, and words before a kind that are no part of it (gram.y). */
const LONG_KINDS: readonly (readonly string[])[] = [
  ['text', 'search', 'parser'],
  ['text', 'search', 'template'],
  ['text', 'search', 'dictionary'],
  ['text', 'search', 'configuration'],
  ['foreign', 'data', 'wrapper'],
  ['user', 'mapping'],
  ['foreign', 'table'],
  ['materialized', 'view'],
  ['event', 'trigger'],
  ['operator', 'class'],
  ['operator', 'family'],
  ['access', 'method'],
  ['large', 'object'],
  ['default', 'privileges'],
  ['default', 'conversion'],
]
const BEFORE_KIND = new Set(
  'or replace global local temp temporary unlogged unique recursive constraint trusted procedural'.split(' '),
)
const BEFORE_NAME = new Set(['if', 'not', 'exists', 'only', 'concurrently', 'for', 'on'])
const WITH_KIND = new Set(['create', 'alter', 'drop', 'comment', 'security', 'grant', 'revoke', 'refresh', 'import'])

/** Reads what the beginning of a statement says. `decode` knows the script's encoding. */
export function describe(text: StatementText, decode: (bytes: Buffer) => string): Described {
  const head: Buffer[] = []
  let left = HEAD_BYTES
  for (const part of text.parts) {
    head.push(part.subarray(0, left))
    left -= part.length
    if (left <= 0) break
  }
  return describeSql(decode(Buffer.concat(head)))
}

function describeSql(sql: string): Described {
  const found = tokens(sql)
  const verb = wordAt(found, 0)
  if (verb === undefined) return described(found, { verb: '', kind: '', nameAt: 0 })
  const upper = verb.toUpperCase()
  if (WITH_KIND.has(verb)) return described(found, { verb: upper, ...kindOf(found, verb) })
  if (verb === 'copy') return described(found, { verb: upper, kind: '', nameAt: 1 })
  if (verb === 'insert' && wordAt(found, 1) === 'into') {
    return described(found, { verb: 'INSERT INTO', kind: '', nameAt: 2 })
  }
  if (verb === 'select') return described(found, { verb: upper, kind: '', nameAt: 1 })
  if (verb === 'set') return described(found, { verb: upper, kind: '', nameAt: behindAny(found, 1, SET_WORDS) })
  return described(found, { verb: upper, kind: '', nameAt: 1 })
}

const SET_WORDS = new Set(['session', 'local'])

/** Where the kind and the name stand; COMMENT, GRANT and the like have them behind their ON. */
function kindOf(found: readonly Token[], verb: string): { kind: string; nameAt: number } {
  const behindOn = verb === 'comment' || verb === 'security' || verb === 'grant' || verb === 'revoke'
  let at = 1
  if (behindOn) {
    const on = found.findIndex((token) => token.kind === 'word' && token.name === 'on' && token.depth === 0)
    // GRANT of roles has none.
    if (on === -1) return { kind: 'MEMBERSHIP', nameAt: 1 }
    at = on + 1
  }
  if (!behindOn) at = behindAny(found, at, BEFORE_KIND)
  const long = LONG_KINDS.find((words) => words.every((word, index) => wordAt(found, at + index) === word))
  if (long !== undefined) {
    return { kind: long.join(' ').toUpperCase(), nameAt: behindAny(found, at + long.length, BEFORE_NAME) }
  }
  const kind = wordAt(found, at)
  const isKind = kind !== undefined && (!behindOn || KINDS_BEHIND_ON.has(kind))
  // GRANT ... ON name means a table.
  if (!isKind) return { kind: 'TABLE', nameAt: at }
  return { kind: SYNONYMS[kind] ?? kind.toUpperCase(), nameAt: behindAny(found, at + 1, BEFORE_NAME) }
}

const SYNONYMS: Readonly<Record<string, string>> = { user: 'ROLE', group: 'ROLE' }
const KINDS_BEHIND_ON = new Set(
  'aggregate cast collation column constraint conversion database domain extension function index language operator policy procedure publication role routine rule schema sequence server statistics subscription table tablespace transform trigger type view parameter'.split(
    ' ',
  ),
)

function described(
  found: readonly Token[],
  { verb, kind, nameAt }: { verb: string; kind: string; nameAt: number },
): Described {
  const path: string[] = []
  let at = nameAt
  for (; isName(found[at]); at += 2) {
    path.push(found[at]?.name ?? '')
    if (found[at + 1]?.text !== '.' || !isName(found[at + 2])) {
      at += 1
      break
    }
  }
  const name = path.join('.')
  const label = [verb, kind === 'MEMBERSHIP' ? 'ROLE' : kind, name].filter((word) => word !== '').join(' ')
  return { verb, kind, name, path, label: label.slice(0, 200), tokens: found, behindName: at }
}

function isName(token: Token | undefined): boolean {
  return token?.kind === 'word' || token?.kind === 'quoted'
}

function wordAt(found: readonly Token[], at: number): string | undefined {
  const token = found[at]
  return token?.kind === 'word' ? token.name : undefined
}

function behindAny(found: readonly Token[], from: number, words: ReadonlySet<string>): number {
  let at = from
  while (words.has(wordAt(found, at) ?? '')) at += 1
  return at
}

/** The names that a list begins with: `a, "b"` behind DROP ROLE. */
export function namesFrom(found: readonly Token[], from: number): string[] {
  const names: string[] = []
  for (let at = from; isName(found[at]); at += 2) {
    names.push(found[at]?.name ?? '')
    if (found[at + 1]?.text !== ',') break
  }
  return names
}

/** Statements about something that is there. */
const CHANGES = new Set(['ALTER', 'GRANT', 'REVOKE', 'COMMENT', 'SECURITY', 'REFRESH'])
/** What belongs to a table, which is named behind another ON. */
const OF_TABLES = new Set(['CONSTRAINT', 'TRIGGER', 'RULE', 'POLICY'])

/** The tables and other objects that a statement changes, by their names as written; none where that is not to be told. */
export function subjectsOf(statement: Described): string[] {
  const { verb, kind, name, path, tokens: found, behindName } = statement
  if (verb === 'COPY' || verb === 'INSERT INTO') return [name]
  if (verb === 'SELECT') return some(sequenceOf(found), largeObjectIn(statement, LARGE_OBJECT_CALLS))
  if (verb === 'CREATE' && kind === 'INDEX') return some(pathBehind(found, 'on'))
  if (verb === 'CREATE' && (kind === 'TRIGGER' || kind === 'POLICY')) return some(pathBehind(found, 'on'))
  // CREATE RULE ... AS ON event TO table; CREATE STATISTICS ... FROM table.
  if (verb === 'CREATE' && kind === 'RULE') return some(pathBehind(found, 'to'))
  if (verb === 'CREATE' && kind === 'STATISTICS') return some(pathBehind(found, 'from'))
  if (!CHANGES.has(verb)) return []
  if (OVERLOADED.has(kind)) return [fullName(statement)]
  if (kind === 'LARGE OBJECT') return some(largeObject(numberFrom(found, behindName)))
  if (kind === 'COLUMN') return [path.slice(0, -1).join('.')]
  if (OF_TABLES.has(kind)) return some(pathBehind(found.slice(behindName), 'on'))
  // ALTER SEQUENCE ... OWNED BY table.column
  const owned = pathBehind(found, 'owned', 'by')?.replace(/\.[^.]*$/u, '')
  return [name, ...some(pathBehind(found, 'attach', 'partition'), owned)]
}

/** Of these there may be several under one name. */
const OVERLOADED = new Set(['FUNCTION', 'PROCEDURE', 'AGGREGATE', 'ROUTINE'])

/** Begins what a function takes, behind its name; no name is written like this. */
export const ARGUMENTS = '\t('

/** The name, for functions and their like with the types of what they take: those tell one from another. */
export function fullName({ kind, name, tokens: found, behindName }: Described): string {
  if (!OVERLOADED.has(kind) || found[behindName]?.text !== '(') return name
  const depth = found[behindName].depth + 1
  const types: string[] = []
  let isDefault = false
  for (const token of found.slice(behindName + 1)) {
    if (token.depth < depth) break
    // ALTER names no defaults.
    if (token.depth === depth && (token.name === 'default' || token.text === ',')) isDefault = token.text !== ','
    if (!isDefault) types.push(token.text)
  }
  return `${name}${ARGUMENTS}${types.join(' ')})`
}

/** What a statement would make that others are about, beside the object that CREATE itself names. */
export function madeBeside(statement: Described): string | undefined {
  const { verb, kind, name, path, tokens: found } = statement
  if (verb === 'ALTER' && kind === 'TABLE') return pathBehind(found, 'sequence', 'name')
  if (verb === 'SELECT') return largeObjectIn(statement, new Set(['lo_create']))
  if (verb !== 'CREATE' || kind !== 'INDEX' || path.length !== 1) return undefined
  // It lies where its table does.
  const table = pathBehind(found, 'on')
  return table?.includes('.') === true ? `${table.slice(0, table.lastIndexOf('.'))}.${name}` : name
}

const LARGE_OBJECT_CALLS = new Set(['lo_open', 'lo_put', 'lo_unlink'])
const OPEN_OBJECT_CALLS = new Set(['lowrite', 'lo_close', 'lo_lseek', 'lo_lseek64', 'lo_truncate', 'lo_truncate64'])

/** The large object that a statement opens. */
export function openedBy(statement: Described): string | undefined {
  return largeObjectIn(statement, new Set(['lo_open']))
}

/** Whether a statement is about the large object that is open. */
export function isAboutOpened(statement: Described): boolean {
  return statement.verb === 'SELECT' && OPEN_OBJECT_CALLS.has(callIn(statement.tokens).name)
}

/** `SELECT pg_catalog.lo_open('16385', 131072)`, as pg_dump writes it. */
function largeObjectIn({ verb, tokens: found }: Described, calls: ReadonlySet<string>): string | undefined {
  const { name, first } = callIn(found)
  return verb === 'SELECT' && calls.has(name) ? largeObject(numberFrom(found, first)) : undefined
}

function callIn(found: readonly Token[]): { name: string; first: number } {
  const at = found[2]?.text === '.' ? 3 : 1
  return found[at + 1]?.text === '(' ? { name: found[at]?.name ?? '', first: at + 2 } : { name: '', first: at }
}

function largeObject(number: string): string | undefined {
  return number === '' ? undefined : `LARGE OBJECT ${number}`
}

/** Of a string, or of digits, which are tokens of their own. */
function numberFrom(found: readonly Token[], at: number): string {
  const first = found[at]
  if (first?.kind === 'string') return first.name
  const end = found.findIndex(({ text }, index) => index >= at && !/^\d$/u.test(text))
  return found
    .slice(at, end === -1 ? undefined : end)
    .map(({ text }) => text)
    .join('')
}

/** The name behind these words, where they stand. */
function pathBehind(found: readonly Token[], ...words: string[]): string | undefined {
  const at = found.findIndex((_, from) => words.every((word, index) => wordAt(found, from + index) === word))
  return at === -1 ? undefined : pathFrom(found, behindAny(found, at + words.length, BEFORE_NAME))
}

function some(...names: readonly (string | undefined)[]): string[] {
  return names.filter((name) => name !== undefined)
}

/** pg_dump sets sequences by name: `SELECT pg_catalog.setval('public.s', 7, true)`. */
function sequenceOf(found: readonly Token[]): string | undefined {
  const at = found.findIndex((token) => token.name === 'setval')
  const literal = found[at + 2]
  return at === -1 || literal?.kind !== 'string' ? undefined : pathFrom(tokens(literal.name), 0)
}

function pathFrom(found: readonly Token[], at: number): string | undefined {
  const names: string[] = []
  for (let index = at; isName(found[index]); index += 2) {
    names.push(found[index]?.name ?? '')
    if (found[index + 1]?.text !== '.') break
  }
  return names.length === 0 ? undefined : names.join('.')
}

/** Every name that a statement mentions, with and without its schema. */
export function mentions(found: readonly Token[]): Set<string> {
  const all = new Set<string>()
  found.forEach((token, at) => {
    if (token.kind === 'symbol') return
    all.add(token.name)
    const path = isName(token) ? pathFrom(found, at) : pathFrom(tokens(token.name), 0)
    if (path !== undefined) all.add(path)
  })
  return all
}
