import { createHash } from 'node:crypto'
import { PgleapError, unreachable } from '../../errors.ts'
import { readCommand } from './commands.ts'
import { decodeNames } from './decode.ts'
import { describe } from './described.ts'
import { type Piece, ScriptReader, type StatementText } from './reader.ts'
import type { ScriptSource } from './source.ts'
import { affected, connected, effectOf, INITIAL_STATE, type ScriptState, SESSION_WORDS } from './state.ts'

/** A run of statements, or one table's data: what progress is counted in. */
export interface SectionSize {
  /** Offset behind it. */
  end: number
  /** Of COPY data. */
  table: string | undefined
}

/** What a script is, as reading it once tells. */
export interface Survey {
  bytes: number
  sha256: string
  statements: number
  tables: number
  sections: SectionSize[]
  /** What the script has come to at the places that were asked for, as far as statements end there. */
  at: ReadonlyMap<number, ScriptState>
}

export interface SurveyOptions {
  /** Longer statements are refused. */
  statementLimit: number
  /** Whether statements that drop databases, roles and tablespaces may be in it. */
  clean: 'allow' | 'refuse'
  /** Offsets of the places to remember. */
  at: readonly number[]
  signal?: AbortSignal | undefined
}

/** As much of a statement is kept as is looked at here. */
const KEEP_BYTES = 8192
const NAMED = 5

/** Encodings that no server has: their characters hold bytes that look like quotes and backslashes (PostgreSQL docs, "Character Set Support"). */
const CLIENT_ONLY = new Set(
  'sjis mskanji shiftjis win932 windows932 shiftjis2004 big5 win950 windows950 gbk win936 windows936 uhc win949 windows949 johab gb18030'.split(
    ' ',
  ),
)

/** Servers know these by other names, too, and however they are written (pg_encname_tbl and clean_encoding_name in encnames.c). */
function isClientOnly(encoding: string): boolean {
  return CLIENT_ONLY.has(encoding.toLowerCase().replaceAll(/[^a-z0-9]/gu, ''))
}

const BEGINNINGS = new Map([
  [' PostgreSQL database dump', 1],
  [' PostgreSQL database cluster dump', 1],
  [' PostgreSQL database dump complete', -1],
  [' PostgreSQL database cluster dump complete', -1],
])

/**
 * Reads the whole script without running any of it, and refuses what must not or cannot be run.
 *
 * @throws PgleapError `script.command`, `script.truncated`, `script.clean`, `script.too-long`, `script.encoding`,
 * `script.not-sql`, `script.read`
 */
export async function survey(source: ScriptSource, options: SurveyOptions): Promise<Survey> {
  const hash = createHash('sha256')
  let bytes = 0
  let openDumps = 0
  async function* counted(): AsyncGenerator<Buffer, void, void> {
    for await (const chunk of source.read()) {
      options.signal?.throwIfAborted()
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  }
  const reader = new ScriptReader(counted(), {
    keep: KEEP_BYTES,
    onComment: (text) => (openDumps += BEGINNINGS.get(text.trimEnd()) ?? 0),
  })
  const found = new Findings(options)
  const sections: SectionSize[] = []
  let state = INITIAL_STATE
  const at = new Map([[0, state]])
  let statements = 0
  let tables = 0
  let isOpen = false
  try {
    for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
      state = found.look(piece, state)
      reader.standardStrings = state.standardStrings
      if (piece.kind === 'copy') {
        if (isOpen) sections.push({ end: piece.start, table: undefined })
        for await (const _rows of reader.data());
        tables += 1
        sections.push({ end: reader.place.offset, table: describe(piece.text, decodeNames(state.encoding)).name })
        isOpen = false
      } else {
        statements += piece.kind === 'statement' ? 1 : 0
        isOpen = true
      }
      state = { ...state, ...reader.place }
      if (options.at.includes(state.offset)) at.set(state.offset, state)
    }
    if (isOpen) sections.push({ end: bytes, table: undefined })
  } finally {
    await reader.close()
  }
  found.refuse()
  if (reader.zeroByteLine !== undefined) throw notText(reader.zeroByteLine)
  if (reader.unfinished !== undefined)
    throw truncated(`in the middle of a ${reader.unfinished.what}`, reader.unfinished.line)
  if (openDumps > 0) throw truncated('without the comment that pg_dump writes at the end', state.line)
  if (state.transaction === 'open') throw truncated('in the middle of a transaction', state.line)
  return { bytes, sha256: hash.digest('hex'), statements, tables, sections, at }
}

/** Collects what a script must not hold, so that one error names it all. */
class Findings {
  readonly #options: SurveyOptions
  readonly #commands: string[] = []
  readonly #drops: string[] = []

  constructor(options: SurveyOptions) {
    this.#options = options
  }

  /** Looks at one piece; gives the state behind it. */
  look(piece: Piece, state: ScriptState): ScriptState {
    if (piece.kind === 'command') return this.#command(piece, state)
    if (piece.text.bytes > this.#options.statementLimit) throw tooLong(piece.line, piece.text.bytes)
    if (piece.kind === 'copy') {
      if (piece.behind.trim() !== '')
        this.#commands.push(`text behind COPY ... FROM stdin; (line ${String(piece.line)})`)
      return state
    }
    if (piece.text.firstWord === 'drop') this.#drop(piece.text, piece.line)
    if (!SESSION_WORDS.has(piece.text.firstWord)) return state
    const statement = describe(piece.text, decodeNames(state.encoding))
    const next = affected(state, effectOf(statement), () => Buffer.concat(piece.text.parts))
    if (isClientOnly(next.encoding)) throw clientOnly(next.encoding, piece.line)
    return next
  }

  refuse(): void {
    if (this.#commands.length > 0) throw unsupported(this.#commands)
    if (this.#drops.length > 0) throw dropsOthers(this.#drops)
  }

  #command(piece: Piece & { kind: 'command' }, state: ScriptState): ScriptState {
    const { line } = piece
    const command = readCommand(piece.text)
    const refuse = (what: string): ScriptState => {
      this.#commands.push(`${what} (line ${String(line)})`)
      return state
    }
    if (command.does === 'unsupported') return refuse(`${command.name}, as ${command.why}`)
    const name = /^\\\w+/u.exec(piece.text)?.[0] ?? ''
    if (piece.within === 'statement') return refuse(`${name}, inside of a statement`)
    if (state.restricted !== undefined) {
      if (command.does !== 'unrestrict') return refuse(`${name}, between \\restrict and \\unrestrict`)
      if (command.key !== state.restricted) return refuse(`${name}, with another key than \\restrict had`)
      return { ...state, restricted: undefined }
    }
    switch (command.does) {
      case 'connect':
        if (state.transaction === 'open') return refuse(`${name}, inside of a transaction`)
        return connected(state, command.database)
      case 'restrict':
        return { ...state, restricted: command.key }
      case 'on-error':
        return { ...state, onError: command.how }
      case 'unrestrict':
        return refuse(`${name}, without \\restrict`)
      case 'encoding':
        if (isClientOnly(command.encoding)) throw clientOnly(command.encoding, line)
        return encodingSet(state, command.encoding)
      default:
        return unreachable(command)
    }
  }

  #drop(text: StatementText, line: number): void {
    if (this.#options.clean === 'allow') return
    const { label } = describe(text, decodeNames('UTF8'))
    this.#drops.push(`${label} (line ${String(line)})`)
  }
}

/** What `\encoding` does is a statement for the session, too. */
export function encodingSet(state: ScriptState, encoding: string): ScriptState {
  const sql = `SET client_encoding = '${encoding.replaceAll("'", "''")}'`
  return affected(state, { does: 'set', parameter: 'client_encoding', value: encoding }, () => Buffer.from(sql))
}

function listed(all: readonly string[]): string {
  const more = all.length > NAMED ? ` and ${String(all.length - NAMED)} more` : ''
  return `${all.slice(0, NAMED).join('; ')}${more}`
}

function unsupported(all: readonly string[]): PgleapError {
  return new PgleapError({
    code: 'script.command',
    message: `The script holds what pgleap does not run: ${listed(all)}.`,
    hint: 'pgleap runs what pg_dump and pg_dumpall write. Take these lines out, or run the script with psql. Nothing has been changed.',
    party: 'usage',
  })
}

function dropsOthers(all: readonly string[]): PgleapError {
  return new PgleapError({
    code: 'script.clean',
    message: `The script drops what may be on the target: ${listed(all)}.`,
    hint: 'Where that is meant, allow it with --allow-drop; else dump again without --clean, or take the statements out. Nothing has been changed.',
    party: 'usage',
  })
}

function truncated(how: string, line: number): PgleapError {
  return new PgleapError({
    code: 'script.truncated',
    message: `The script ends ${how} (line ${String(line)}): a part of it is missing.`,
    hint: 'Get the whole file and begin again. Where it was cut on purpose, take the first comment lines of pg_dump out, too. Nothing has been changed.',
    party: 'usage',
  })
}

function tooLong(line: number, bytes: number): PgleapError {
  return new PgleapError({
    code: 'script.too-long',
    message: `The statement at line ${String(line)} has ${String(bytes)} bytes, more than are allowed for one.`,
    hint: 'Raise the limit where there is memory for it, or dump again without --inserts. Nothing has been changed.',
    party: 'usage',
  })
}

function clientOnly(encoding: string, line: number): PgleapError {
  return new PgleapError({
    code: 'script.encoding',
    message: `The script is in ${encoding} (line ${String(line)}), which cannot be cut into statements safely.`,
    hint: 'Dump again with --encoding=UTF8. Nothing has been changed.',
    party: 'usage',
  })
}

function notText(line: number): PgleapError {
  return new PgleapError({
    code: 'script.not-sql',
    message: `This is no SQL script, or it is damaged: the statement at line ${String(line)} holds a zero byte.`,
    hint: 'Check that the file is a plain dump (pg_dump -Fp). Nothing has been changed.',
    party: 'usage',
  })
}
