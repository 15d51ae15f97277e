import type { Entry } from '../archive/index.ts'
import { findingsOf, SEVERITIES, type CheckResult, type Finding } from '../report/index.ts'
import { namesOf } from './describe.ts'

interface Reason {
  sqlstate: string
  /** Kinds of entries that it is for; all where absent. */
  kinds?: readonly string[]
  text: string
}

/** What an SQLSTATE means here, the special before the general; the findings of `check` tell more where there are some. */
const REASONS: readonly Reason[] = [
  {
    sqlstate: '0A000',
    kinds: ['EXTENSION'],
    text: 'The server does not offer this extension: its package is not installed, or the extension is gone.',
  },
  {
    sqlstate: '58P01',
    kinds: ['EXTENSION'],
    text: 'The extension is there, and its library is not; or it wants to be in shared_preload_libraries.',
  },
  {
    sqlstate: '55000',
    kinds: ['EXTENSION'],
    text: 'The extension wants to be in shared_preload_libraries, which needs a restart of the server.',
  },
  { sqlstate: '58P01', text: 'It wants a library that this server does not have.' },
  {
    sqlstate: '42601',
    text: 'The grammar of this version no longer knows what the definition says (postfix operators, for one), or reads a name in it as a keyword.',
  },
  {
    sqlstate: '42883',
    text: 'It uses a function or an operator that this version does not have, or has with other arguments; or it relies on a search_path, which is empty while objects are made.',
  },
  {
    sqlstate: '42P01',
    text: 'It uses a table or view that this version does not have; or it relies on a search_path, which is empty while objects are made.',
  },
  {
    sqlstate: '42703',
    text: 'It uses a column that this version does not have, most likely of a system catalog or view.',
  },
  {
    sqlstate: '42704',
    text: 'It names a type, a role, a collation or a server parameter that this server does not have.',
  },
  {
    sqlstate: '42501',
    text: 'The role that connects may not do this on the target; a superuser or the provider could.',
  },
  {
    sqlstate: '42P07',
    text: 'The name is taken on this version, for example by the multirange type that each range type has from 14 on.',
  },
  {
    sqlstate: '42710',
    text: 'The name is taken on this version, for example by a constraint that this version makes by itself.',
  },
  { sqlstate: '42723', text: 'This version has a function of that name and those arguments itself.' },
  {
    sqlstate: '42P13',
    text: 'This version asks other things of such a function: of its arguments or of what it returns.',
  },
  { sqlstate: '42P17', text: 'This version has new rules for what such a definition may say.' },
  { sqlstate: '42P21', text: 'This version asks for the same collation on both sides.' },
  {
    sqlstate: '42611',
    text: 'This version wants a column of a child to be as that of its parent is: both generated, or neither.',
  },
  { sqlstate: '55000', text: 'This version does not allow it for an object in that state.' },
  { sqlstate: '23502', text: 'A row has no value in a column that this version does not leave empty.' },
  {
    sqlstate: '23505',
    text: 'Rows that the source told apart are the same here: most often its collation changed under an index.',
  },
  { sqlstate: '23514', text: 'A row does not meet a constraint that the source did not check, or checked otherwise.' },
  { sqlstate: '23503', text: 'A row refers to one that is not there: the source did not check it.' },
  { sqlstate: '22P04', text: 'A value of the source cannot be read by this version.' },
]

/** One is the cause, most likely; more than a few are chance. */
const MOST_FINDINGS = 3

export interface Subject {
  /** Its names, the most exact first. */
  names: readonly string[]
  kind: string
  sqlstate: string
}

/** Undefined where nobody has told us yet. */
export function reasonOf({ sqlstate, kind }: Subject): string | undefined {
  return REASONS.find((reason) => reason.sqlstate === sqlstate && (reason.kinds?.includes(kind) ?? true))?.text
}

/** What `check` says of an object: first what is about it, else what mentions it. */
export function findingsAbout(results: readonly CheckResult[], { names }: Subject): Finding[] {
  const all = findingsOf(results).toSorted(
    (one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity),
  )
  const plainNames = names.map(normal)
  const about = all.filter(({ object = '' }) => plainNames.some((name) => mentions(normal(object), name)))
  const found =
    about.length > 0 ? about : all.filter(({ message }) => plainNames.some((name) => mentions(normal(message), name)))
  return found.slice(0, MOST_FINDINGS)
}

export function subjectOf(entry: Entry, sqlstate: string): Subject {
  return { names: namesOf(entry), kind: entry.desc, sqlstate }
}

/** Checks and pg_dump write names with and without quotes, casts with and without parentheses. */
function normal(text: string): string {
  return text
    .toLowerCase()
    .replaceAll('"', '')
    .replaceAll(/[()]/gu, ' ')
    .replaceAll(/,\s*/gu, ',')
    .replaceAll(/\s+/gu, ' ')
    .trim()
}

function mentions(text: string, name: string): boolean {
  if (name === '') return false
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const [before, after] = [text[at - 1] ?? ' ', text[at + name.length] ?? ' ']
    if (!isNamePart(before) && !isNamePart(after)) return true
  }
  return false
}

function isNamePart(char: string): boolean {
  return /[\p{L}\p{N}_$]/u.test(char)
}

/** Data exceptions and constraints: it is rows that fail, and not the object. */
export function isAboutRows(sqlstate: string): boolean {
  return sqlstate.startsWith('22') || sqlstate.startsWith('23')
}
