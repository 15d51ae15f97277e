import { WordWatch } from './word-watch.ts'

const TAB = 9
const NEWLINE = 10
const FORM_FEED = 12
const RETURN = 13
const SPACE = 32
const DOUBLE_QUOTE = 34
const DOLLAR = 36
const AMPERSAND = 38
const QUOTE = 39
const OPEN = 40
const CLOSE = 41
const STAR = 42
const DASH = 45
const SLASH = 47
const SEMICOLON = 59
const BACKSLASH = 92

type Mode =
  | 'plain'
  | 'word'
  | 'string'
  | 'escaped'
  | 'quoted'
  | 'dash'
  | 'line-comment'
  | 'slash'
  | 'block-comment'
  | 'dollar-tag'
  | 'dollar-body'

/** Why a scan stopped: the chunk is at its end, a `;` ends the statement, or a backslash begins a command of psql. */
export type Stop = 'chunk' | 'statement' | 'command'

/** What is open where a script ends. */
export type Unfinished =
  'string' | 'quoted name' | 'comment' | 'dollar-quoted string' | 'parenthesis' | 'function body' | 'COPY data'

const OPEN_AT_END: Partial<Record<Mode, Unfinished>> = {
  string: 'string',
  escaped: 'string',
  quoted: 'quoted name',
  'block-comment': 'comment',
  'dollar-body': 'dollar-quoted string',
}

/** Comments of pg_dump that say something are no longer than this. */
const COMMENT_BYTES = 60

/**
 * Finds where statements end, by the rules of psql (psqlscan.l): a semicolon outside of quotes, comments, parentheses and
 * the body of a BEGIN ATOMIC function. It works on bytes that come in chunks cut anywhere and keeps none of them; all
 * encodings that a server can have leave ASCII bytes alone.
 */
export class Scanner {
  /** Of the byte that comes next, from 1. */
  line: number
  /** As the session would have it: decides whether a backslash means something in a plain string. */
  standardStrings: 'on' | 'off'
  /** Offset and line of the statement's first byte that is neither space nor comment. */
  first: { offset: number; line: number } | undefined
  readonly words = new WordWatch()
  #mode: Mode = 'plain'
  #parentheses = 0
  /** In a string: whether a backslash escapes what follows. */
  #escapes = false
  /** Where the newest string ended, and whether only a line's end and spaces have followed: then another quote goes on with it. */
  #stringEnd = -1
  #gap: 'none' | 'space' | 'line' = 'none'
  /** The letters before a quote that say what string it is. */
  #prefix = ''
  #tag = ''
  #matched = 0
  #nesting = 0
  #previous = 0
  /** The beginning of a line comment between statements. */
  #comment = ''
  readonly #onComment: ((text: string) => void) | undefined
  /** The statement began with a dash or slash that may turn out to begin a comment. */
  #doubtful = false

  constructor(line: number, standardStrings: 'on' | 'off', onComment: ((text: string) => void) | undefined) {
    this.line = line
    this.standardStrings = standardStrings
    this.#onComment = onComment
  }

  /** Scans on from `from`; `base` is the offset of the chunk's first byte. `at` is where the scan stopped, behind a `;`. */
  scan(chunk: Buffer, from: number, base: number): { stop: Stop; at: number } {
    let at = from
    while (at < chunk.length) {
      const byte = chunk[at] ?? 0
      switch (this.#mode) {
        case 'plain':
          if (byte === SEMICOLON) {
            this.#begin(base + at)
            this.#clearString()
            this.words.break()
            at += 1
            if (this.#parentheses === 0 && this.words.bodyDepth === 0) return { stop: 'statement', at }
            continue
          }
          if (byte === BACKSLASH) return { stop: 'command', at }
          this.#plain(byte, base + at)
          break
        case 'word':
          if (isWordByte(byte)) {
            this.words.push(byte)
            break
          }
          this.#endWord()
          continue
        case 'string':
          if (byte === QUOTE) {
            this.#mode = 'plain'
            this.#stringEnd = base + at
            this.#gap = 'none'
          } else if (byte === BACKSLASH && this.#escapes) this.#mode = 'escaped'
          break
        case 'escaped':
          this.#mode = 'string'
          break
        case 'quoted':
          if (byte === DOUBLE_QUOTE) this.#mode = 'plain'
          break
        case 'dash':
          if (byte === DASH) {
            this.#noStatement()
            this.#mode = 'line-comment'
            this.#comment = ''
            break
          }
          this.#sure()
          continue
        case 'line-comment':
          if (byte === NEWLINE || byte === RETURN) {
            this.#endComment()
            continue
          }
          if (this.first === undefined && this.#comment.length < COMMENT_BYTES) {
            this.#comment += String.fromCodePoint(byte)
          }
          break
        case 'slash':
          if (byte === STAR) {
            this.#noStatement()
            this.#mode = 'block-comment'
            this.#nesting = 1
            this.#previous = 0
            this.#clearString()
            break
          }
          this.#sure()
          continue
        case 'block-comment':
          this.#inComment(byte)
          break
        case 'dollar-tag':
          if (byte === DOLLAR) {
            this.#tag = `$${this.#tag}$`
            this.#matched = 0
            this.#mode = 'dollar-body'
            break
          }
          if (isTagByte(byte, this.#tag.length)) {
            this.#tag += String.fromCodePoint(byte)
            break
          }
          // No tag after all: as in psql, what was read of it is a word like any other.
          this.words.start()
          for (const letter of Buffer.from(this.#tag, 'latin1')) this.words.push(letter)
          this.#mode = this.#tag === '' ? 'plain' : 'word'
          continue
        case 'dollar-body':
          this.#inDollars(byte)
          break
      }
      if (byte === NEWLINE) this.line += 1
      at += 1
    }
    return { stop: 'chunk', at }
  }

  /** To be called when a statement has been taken, before the next is scanned. */
  reset(): void {
    this.first = undefined
    this.#parentheses = 0
    this.#clearString()
    this.words.reset()
  }

  /** Counts the lines of bytes that are not scanned: the data of a COPY. */
  pass(bytes: Buffer): void {
    let lines = 0
    for (let at = 0; at < bytes.length; at += 1) if (bytes[at] === NEWLINE) lines += 1
    this.line += lines
  }

  /** What is open at the end of the script. */
  end(): Unfinished | undefined {
    const open = OPEN_AT_END[this.#mode]
    if (open !== undefined) return open
    if (this.#mode === 'word') this.#endWord()
    if (this.#mode === 'line-comment') this.#endComment()
    if (this.words.bodyDepth > 0) return 'function body'
    return this.#parentheses > 0 ? 'parenthesis' : undefined
  }

  #plain(byte: number, offset: number): void {
    if (byte === NEWLINE || byte === RETURN) {
      if (this.#stringEnd >= 0) this.#gap = 'line'
      this.#prefix = ''
      return
    }
    if (byte === SPACE || byte === TAB || byte === FORM_FEED) {
      if (this.#stringEnd >= 0 && this.#gap === 'none') this.#gap = 'space'
      this.#prefix = ''
      return
    }
    if (byte === DASH || byte === SLASH) {
      this.#doubtful = this.first === undefined
      this.#begin(offset)
      this.#mode = byte === DASH ? 'dash' : 'slash'
      this.#prefix = ''
      return
    }
    this.#begin(offset)
    if (byte === QUOTE) {
      const goesOn = this.#stringEnd >= 0 && (this.#stringEnd === offset - 1 || this.#gap === 'line')
      if (!goesOn) this.#escapes = this.#escapesHere()
      this.words.break()
      this.#prefix = ''
      this.#mode = 'string'
      return
    }
    const isUnicode = byte === AMPERSAND && this.#prefix === 'u'
    this.#clearString()
    if (isWordStart(byte)) {
      this.words.start()
      this.words.push(byte)
      this.#mode = 'word'
      return
    }
    this.words.break()
    if (isUnicode) this.#prefix = 'u&'
    if (byte === DOUBLE_QUOTE) this.#mode = 'quoted'
    else if (byte === DOLLAR) {
      this.#tag = ''
      this.#mode = 'dollar-tag'
    } else if (byte === OPEN) this.#parentheses += 1
    else if (byte === CLOSE) this.#parentheses = Math.max(0, this.#parentheses - 1)
  }

  #endWord(): void {
    this.#prefix = this.words.end(this.#parentheses)
    this.#mode = 'plain'
  }

  #endComment(): void {
    this.#mode = 'plain'
    if (this.first === undefined) this.#onComment?.(this.#comment)
  }

  #escapesHere(): boolean {
    if (this.#prefix === 'e') return true
    if (this.#prefix === 'b' || this.#prefix === 'x' || this.#prefix === 'u&') return false
    return this.standardStrings === 'off'
  }

  #inComment(byte: number): void {
    if (byte === STAR && this.#previous === SLASH) {
      this.#nesting += 1
      this.#previous = 0
    } else if (byte === SLASH && this.#previous === STAR) {
      this.#nesting -= 1
      this.#previous = 0
      if (this.#nesting === 0) this.#mode = 'plain'
    } else this.#previous = byte
  }

  #inDollars(byte: number): void {
    // The tag holds no dollar inside, so where a match breaks off only a dollar can begin another one.
    if (byte === this.#tag.charCodeAt(this.#matched)) {
      this.#matched += 1
      if (this.#matched === this.#tag.length) this.#mode = 'plain'
    } else this.#matched = byte === DOLLAR ? 1 : 0
  }

  #begin(offset: number): void {
    this.first ??= { offset, line: this.line }
  }

  #noStatement(): void {
    if (this.#doubtful) this.first = undefined
    this.#doubtful = false
  }

  /** A lone dash or slash is an operator. */
  #sure(): void {
    this.#doubtful = false
    this.#mode = 'plain'
    this.words.break()
    this.#clearString()
  }

  #clearString(): void {
    this.#stringEnd = -1
    this.#gap = 'none'
    this.#prefix = ''
  }
}

function isWordStart(byte: number): boolean {
  return (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte === 95 || byte >= 128
}

function isWordByte(byte: number): boolean {
  return isWordStart(byte) || (byte >= 48 && byte <= 57) || byte === DOLLAR
}

function isTagByte(byte: number, position: number): boolean {
  return isWordStart(byte) || (position > 0 && byte >= 48 && byte <= 57)
}
