import type { Token } from '../../archive/index.ts'
import { unreachable } from '../../errors.ts'
import type { Described } from './described.ts'
import type { Place } from './reader.ts'

/** What a script has come to at a place: all that is needed to go on from there in a session that is new. Immutable. */
export interface ScriptState extends Place {
  /** The database that it has connected to; undefined for the one that the user named. */
  database: string | undefined
  /** Between \restrict and \unrestrict: the key. */
  restricted: string | undefined
  /** What statements have set for the session, by parameter, in their order; each as it was written. */
  settings: ReadonlyMap<string, Buffer>
  encoding: string
  /** The script has begun a transaction of its own. */
  transaction: 'none' | 'open'
  /** What the script's own ON_ERROR_STOP says. */
  onError: 'continue' | 'stop'
}

export const INITIAL_STATE: ScriptState = {
  offset: 0,
  line: 1,
  standardStrings: 'on',
  database: undefined,
  restricted: undefined,
  settings: new Map(),
  // What pg_dump's scripts are in says itself; a script written by hand is UTF-8 nowadays.
  encoding: 'UTF8',
  transaction: 'none',
  onError: 'continue',
}

/** A new session has nothing of what the one before had set. */
export function connected(state: ScriptState, database: string): ScriptState {
  const { settings, encoding, standardStrings } = INITIAL_STATE
  return { ...state, database, settings, encoding, standardStrings, transaction: 'none' }
}

/** What a statement does to the session, as far as a later session has to know. */
export type SessionEffect =
  | { does: 'nothing' }
  | { does: 'begin' }
  /** COMMIT, ROLLBACK and their like. */
  | { does: 'end' }
  | { does: 'set'; parameter: string; value: string | undefined }
  | { does: 'reset-all' }

const NOTHING: SessionEffect = { does: 'nothing' }
/** First words of the statements that may do something to the session; all others need not be looked at. */
export const SESSION_WORDS: ReadonlySet<string> = new Set(
  'set reset discard select begin start commit end rollback abort prepare'.split(' '),
)

/** Reads SET, RESET, set_config and the statements of transactions. */
export function effectOf({ tokens }: Described): SessionEffect {
  const word = (at: number) => (tokens[at]?.kind === 'word' ? tokens[at].name : '')
  switch (word(0)) {
    case 'begin':
      return { does: 'begin' }
    case 'start':
      return word(1) === 'transaction' ? { does: 'begin' } : NOTHING
    case 'commit':
    case 'end':
    case 'abort':
    case 'rollback':
      return endOf(tokens)
    case 'prepare':
      return word(1) === 'transaction' ? { does: 'end' } : NOTHING
    case 'discard':
      return word(1) === 'all' ? { does: 'reset-all' } : NOTHING
    case 'reset':
      if (word(1) === 'all') return { does: 'reset-all' }
      return { does: 'set', parameter: parameterFrom(tokens, 1).name, value: undefined }
    case 'set':
      return setOf(tokens, word)
    case 'select':
      return setConfigOf(tokens)
    default:
      return NOTHING
  }
}

function endOf(tokens: readonly Token[]): SessionEffect {
  const words = tokens.map(({ name }) => name)
  if (words.includes('prepared')) return NOTHING
  // ROLLBACK TO stays in the transaction; AND CHAIN begins the next one.
  if (words[0] === 'rollback' && words.includes('to')) return NOTHING
  return words.includes('chain') && !words.includes('no') ? NOTHING : { does: 'end' }
}

function setOf(tokens: readonly Token[], word: (at: number) => string): SessionEffect {
  const scope = word(1)
  if (scope === 'local' || scope === 'constraints' || scope === 'transaction') return NOTHING
  const from = scope === 'session' && word(2) !== 'authorization' && word(2) !== 'characteristics' ? 2 : 1
  const fixed = SPELLED[word(from)]
  if (fixed !== undefined) {
    const value = tokens[from + (word(from) === 'session' || word(from) === 'time' ? 2 : 1)]
    return { does: 'set', parameter: fixed, value: value?.name }
  }
  if (word(from) === 'session') {
    const parameter = word(from + 1) === 'authorization' ? 'session_authorization' : 'characteristics'
    return { does: 'set', parameter, value: undefined }
  }
  const { name, behind } = parameterFrom(tokens, from)
  return { does: 'set', parameter: name, value: tokens[behind + 1]?.name }
}

const SPELLED: Readonly<Record<string, string>> = {
  time: 'timezone',
  role: 'role',
  names: 'client_encoding',
  schema: 'search_path',
}

/** `SELECT [pg_catalog.]set_config('search_path', '', false)`, as pg_dump writes it. */
function setConfigOf(tokens: readonly Token[]): SessionEffect {
  const at = tokens.findIndex(({ kind, name }) => kind === 'word' && name === 'set_config')
  const [open, parameter, , value, , isLocal] = tokens.slice(at + 1, at + 7)
  if (at === -1 || at > 3 || open?.text !== '(' || parameter?.kind !== 'string') return NOTHING
  if (isLocal?.name !== 'false') return NOTHING
  return { does: 'set', parameter: parameter.name.toLowerCase(), value: value?.name }
}

/** Parameters of extensions have a dot in their names. */
function parameterFrom(tokens: readonly Token[], from: number): { name: string; behind: number } {
  let name = tokens[from]?.name ?? ''
  let behind = from + 1
  while (tokens[behind]?.text === '.') {
    name += `.${tokens[behind + 1]?.name ?? ''}`
    behind += 2
  }
  return { name: name.toLowerCase(), behind }
}

/** The state behind a statement that has these effects. `sql` is the statement as written. */
export function affected(state: ScriptState, effect: SessionEffect, sql: () => Buffer): ScriptState {
  switch (effect.does) {
    case 'nothing':
      return state
    case 'begin':
      return { ...state, transaction: 'open' }
    case 'end':
      return { ...state, transaction: 'none' }
    case 'reset-all': {
      const { encoding, standardStrings } = INITIAL_STATE
      return { ...state, settings: new Map(), encoding, standardStrings }
    }
    case 'set': {
      const settings = new Map(state.settings)
      settings.delete(effect.parameter) // the newest comes last
      settings.set(effect.parameter, sql())
      const value = effect.value?.toLowerCase()
      if (effect.parameter === 'standard_conforming_strings') {
        const isOff = value !== undefined && ['off', 'false', 'no', '0', 'f', 'n', 'of'].includes(value)
        return { ...state, settings, standardStrings: isOff ? 'off' : 'on' }
      }
      if (effect.parameter !== 'client_encoding') return { ...state, settings }
      return { ...state, settings, encoding: effect.value?.toUpperCase() ?? INITIAL_STATE.encoding }
    }
    default:
      return unreachable(effect)
  }
}
