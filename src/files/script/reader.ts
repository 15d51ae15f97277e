import { Scanner, type Unfinished } from './scanner.ts'

/** A place between two statements of a script, and how strings are read from there on. */
export interface Place {
  /** Bytes of the script before it. */
  offset: number
  /** From 1. */
  line: number
  standardStrings: 'on' | 'off'
}

/** The bytes of a statement, without its semicolon and the comments before it. */
export interface StatementText {
  /** All of it, or its beginning where it is longer than what the reader keeps. */
  parts: readonly Buffer[]
  /** Of the whole. */
  bytes: number
  /** Its first word, in lower case; empty where that is a rare one. */
  firstWord: string
}

interface Span {
  /** Of its first byte that is neither space nor comment. */
  line: number
  start: number
  /** Behind its semicolon, or behind the command. */
  end: number
}

export type Piece =
  | (Span & { kind: 'statement'; text: StatementText })
  /** COPY ... FROM STDIN: its data follow. `behind` is what stands between its semicolon and the line's end. */
  | (Span & { kind: 'copy'; text: StatementText; behind: string })
  /** A line of psql's own, from its backslash on. `within` is where it interrupts a statement. */
  | (Span & { kind: 'command'; text: string; within: 'statement' | 'nothing' })

export interface ReaderOptions {
  from?: Place | undefined
  /** Bytes of a statement that are kept. */
  keep: number
  /** Called with each line comment between statements, without its dashes. */
  onComment?: ((text: string) => void) | undefined
}

const NEWLINE = 10
const BACKSLASH = 92
const COMMAND_BYTES = 65_536
/** A byte order mark, which editors put before UTF-8. */
const MARK = Buffer.from([0xef, 0xbb, 0xbf])
const END_OF_DATA = Buffer.from('\n\\.')

/**
 * Cuts a script into statements, data and psql's commands, one at a time and in bounded memory, as psql would. The chunks
 * may be cut anywhere. After a `copy` its data are to be read, or are passed over.
 */
export class ScriptReader {
  /** Set where the script ends in the middle of something. */
  unfinished: { what: Unfinished; line: number } | undefined
  /** Where the script has a zero byte, which no statement can hold. */
  zeroByteLine: number | undefined
  readonly #chunks: AsyncIterator<Buffer>
  readonly #keep: number
  readonly #scanner: Scanner
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0
  /** Offset of the chunk's first byte. */
  #base: number
  #data: 'none' | 'open' = 'none'
  #atLineStart = true
  #parts: Buffer[] = []
  /** Offset of the statement that the parts are of. */
  #partsOf = -1
  #kept = 0

  constructor(chunks: AsyncIterable<Buffer>, { from, keep, onComment }: ReaderOptions) {
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#keep = keep
    this.#base = from?.offset ?? 0
    this.#scanner = new Scanner(from?.line ?? 1, from?.standardStrings ?? 'on', onComment)
  }

  /** Where the next piece begins, spaces and comments before it included. */
  get place(): Place {
    const { line, standardStrings } = this.#scanner
    return { offset: this.#base + this.#at, line, standardStrings }
  }

  set standardStrings(how: 'on' | 'off') {
    this.#scanner.standardStrings = how
  }

  /** Frees the source; to be called where the script is not read to its end. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  async next(): Promise<Piece | undefined> {
    if (this.#data === 'open') for await (const _chunk of this.data());
    const scanner = this.#scanner
    scanner.reset()
    this.#parts = []
    this.#kept = 0
    this.#partsOf = -1
    while (await this.#fill()) {
      const from = this.#at
      if (this.#base === 0 && from === 0 && this.#chunk.subarray(0, 3).equals(MARK)) {
        this.#at = 3
        continue
      }
      const { stop, at } = scanner.scan(this.#chunk, from, this.#base)
      this.#at = at
      this.#take(from, at)
      switch (stop) {
        case 'chunk':
          break
        case 'statement':
          return this.#statement()
        case 'command':
          return this.#command()
      }
    }
    const what = scanner.end()
    if (what !== undefined) this.unfinished = { what, line: scanner.first?.line ?? scanner.line }
    if (scanner.first === undefined) return undefined
    return { kind: 'statement', ...this.#span(), text: this.#text('open') }
  }

  /** The rows behind a COPY, up to the line with the end's mark, which is left out. */
  async *data(): AsyncGenerator<Buffer, void, void> {
    while (this.#data === 'open' && (await this.#fill())) {
      if (this.#atLineStart && (await this.#isEndOfData())) {
        this.#at += 2
        this.#data = 'none'
        return
      }
      const found = this.#chunk.indexOf(END_OF_DATA, this.#at)
      const to = found === -1 ? this.#withoutCutMark() : found + 1
      const rows = this.#chunk.subarray(this.#at, to)
      this.#at = to
      this.#scanner.pass(rows)
      this.#atLineStart = rows[rows.length - 1] === NEWLINE
      yield rows
    }
    if (this.#data === 'none') return
    this.#data = 'none'
    this.unfinished = { what: 'COPY data', line: this.#scanner.line }
  }

  /** Whether the line that begins here is the end's mark; joins chunks that cut it. */
  async #isEndOfData(): Promise<boolean> {
    const seen = () => this.#chunk.toString('latin1', this.#at, this.#at + 4)
    while (seen().length < 4 && '\\.\r\n'.startsWith(seen())) {
      const rest = this.#chunk.subarray(this.#at)
      const { done, value } = await this.#chunks.next()
      if (done === true) break
      this.#base += this.#at
      this.#at = 0
      this.#chunk = Buffer.concat([rest, value])
    }
    return /^\\\.(?:\r?\n|\r?$)/u.test(seen())
  }

  /** The end of the chunk's rows, but for a backslash at the beginning of its last line. */
  #withoutCutMark(): number {
    const last = this.#chunk.length - 1
    const isCut = last > this.#at && this.#chunk[last] === BACKSLASH && this.#chunk[last - 1] === NEWLINE
    return isCut ? last : this.#chunk.length
  }

  async #statement(): Promise<Piece> {
    const { copiesFromStdin } = this.#scanner.words
    const text = this.#text('ended')
    const span = this.#span()
    if (!copiesFromStdin) return { kind: 'statement', ...span, text }
    const behind = await this.#restOfLine()
    // The data begin behind the line's end, and the end of the data ends the piece.
    if (await this.#fill()) {
      this.#scanner.pass(this.#chunk.subarray(this.#at, this.#at + 1))
      this.#at += 1
    }
    this.#data = 'open'
    this.#atLineStart = true
    return { kind: 'copy', ...span, text, behind }
  }

  async #command(): Promise<Piece> {
    const { first } = this.#scanner
    const { offset: start, line } = this.place
    const text = await this.#restOfLine()
    const within = first === undefined ? 'nothing' : 'statement'
    return { kind: 'command', line, start, end: this.#base + this.#at, text, within }
  }

  /** Reads up to the line's end and leaves that. */
  async #restOfLine(): Promise<string> {
    const parts: Buffer[] = []
    let bytes = 0
    while (await this.#fill()) {
      const newline = this.#chunk.indexOf(NEWLINE, this.#at)
      const part = this.#chunk.subarray(this.#at, newline === -1 ? this.#chunk.length : newline)
      this.#at += part.length
      if (bytes < COMMAND_BYTES) parts.push(part.subarray(0, COMMAND_BYTES))
      bytes += part.length
      if (newline !== -1) break
    }
    return Buffer.concat(parts).toString('utf8').trimEnd()
  }

  #span(): Span {
    const end = this.#base + this.#at
    const { first, line } = this.#scanner
    return { line: first?.line ?? line, start: first?.offset ?? end, end }
  }

  #text(how: 'ended' | 'open'): StatementText {
    const { first, words } = this.#scanner
    const end = this.#base + this.#at - (how === 'ended' ? 1 : 0)
    const bytes = end - (first?.offset ?? end)
    const parts = this.#parts
    // The semicolon is the last byte taken, unless the statement is longer than what is kept.
    if (how === 'ended' && this.#kept > bytes) parts.push(parts.pop()?.subarray(0, -1) ?? Buffer.alloc(0))
    return { parts, bytes, firstWord: words.first }
  }

  /** Keeps what belongs to the statement of the bytes that were scanned. */
  #take(from: number, to: number): void {
    const { first } = this.#scanner
    if (first === undefined) return
    if (this.#partsOf !== first.offset) {
      this.#partsOf = first.offset
      this.#parts = []
      this.#kept = 0
    }
    const bytes = this.#chunk.subarray(Math.max(from, first.offset - this.#base), to)
    if (this.zeroByteLine === undefined && bytes.includes(0)) this.zeroByteLine = first.line
    const room = this.#keep + 1 - this.#kept
    if (bytes.length === 0 || room <= 0) return
    const kept = bytes.subarray(0, room)
    this.#parts.push(kept)
    this.#kept += kept.length
  }

  /** Makes sure that there is a byte to read; false at the script's end. */
  async #fill(): Promise<boolean> {
    while (this.#at === this.#chunk.length) {
      const { done, value } = await this.#chunks.next()
      if (done === true) return false
      this.#base += this.#chunk.length
      this.#chunk = value
      this.#at = 0
    }
    return true
  }
}
