/** The longest word that means something to the scan: `procedure`. */
const LONGEST = 9

/**
 * Looks at a statement's words for the two things that only they tell: whether data follow it (COPY ... FROM STDIN), and
 * how deep it is inside of an SQL function's body, where semicolons end nothing.
 */
export class WordWatch {
  /** Unquoted words so far, those of the beginning in lower case. */
  #count = 0
  readonly #beginning: string[] = []
  #kind: 'unknown' | 'copy' | 'routine' | 'other' = 'unknown'
  #letters: number[] = []
  #length = 0
  /** The word before, where nothing but space and comments has come since. */
  #before = ''
  /** BEGIN ATOMIC and CASE that wait for their END. */
  bodyDepth = 0
  copiesFromStdin = false

  /** The statement's first word, in lower case; empty where it is a longer one than any that pg_dump writes. */
  get first(): string {
    return this.#beginning[0] ?? ''
  }

  reset(): void {
    this.#count = 0
    this.#beginning.length = 0
    this.#kind = 'unknown'
    this.#before = ''
    this.bodyDepth = 0
    this.copiesFromStdin = false
  }

  start(): void {
    this.#letters.length = 0
    this.#length = 0
  }

  push(byte: number): void {
    this.#length += 1
    if (this.#length <= LONGEST) this.#letters.push(byte >= 65 && byte <= 90 ? byte + 32 : byte)
  }

  /** Something that is no word has come. */
  break(): void {
    this.#before = ''
  }

  /** Ends the word; gives it where it can say what sort of string follows it at once. */
  end(parentheses: number): string {
    const isShort = this.#length <= LONGEST
    const watched = this.#kind !== 'other' || this.#length === 1
    const word = isShort && watched ? String.fromCodePoint(...this.#letters) : ''
    if (this.#count < 4) {
      this.#beginning[this.#count] = word
      this.#kind = this.#kindNow()
    }
    this.#count += 1
    if (this.#kind === 'copy') {
      if (parentheses === 0 && word === 'stdin' && this.#before === 'from') this.copiesFromStdin = true
    } else if (this.#kind === 'routine' && parentheses === 0) this.#inRoutine(word)
    this.#before = word
    return this.#length === 1 ? word : ''
  }

  /** psql counts every BEGIN of a routine's definition; one that is a name has no ATOMIC behind it. */
  #inRoutine(word: string): void {
    if (word === 'atomic' && this.#before === 'begin') this.bodyDepth += 1
    else if (word === 'case' && this.bodyDepth > 0) this.bodyDepth += 1
    else if (word === 'end' && this.bodyDepth > 0) this.bodyDepth -= 1
  }

  /** CREATE [OR REPLACE] {FUNCTION | PROCEDURE}, as psql knows a routine by. */
  #kindNow(): 'unknown' | 'copy' | 'routine' | 'other' {
    const [first, second, third, fourth] = this.#beginning
    if (first === 'copy') return 'copy'
    if (first !== 'create') return 'other'
    if (second === undefined) return 'unknown'
    if (isRoutine(second)) return 'routine'
    if (second !== 'or') return 'other'
    if (third === undefined) return 'unknown'
    if (third !== 'replace') return 'other'
    if (fourth === undefined) return 'unknown'
    return isRoutine(fourth) ? 'routine' : 'other'
  }
}

function isRoutine(word: string): boolean {
  return word === 'function' || word === 'procedure'
}
