import type { MessageSort, ScriptError, ScriptMessage } from '../../report/index.ts'
import { ARGUMENTS } from './described.ts'

/** A message as it comes, before it is counted. */
export interface NewMessage {
  sort: MessageSort
  line: number
  database: string
  statement: string
  sqlstate?: string | undefined
  message: string
  reason?: string | undefined
  /** The name of what the statement would have made. */
  missing?: string | undefined
  /** Id of the message that it follows from. */
  follows?: number | undefined
}

export interface StoredMessage extends NewMessage {
  id: number
  lastLine: number
  times: number
}

/** Different messages that are kept of one sort; further ones are counted in one that says so. */
const KEPT = 1000

/** All that the server had to say, equal messages counted; what is missing in the target by them. Bounded memory. */
export class Messages {
  readonly #all: StoredMessage[]
  readonly #byText = new Map<string, StoredMessage>()
  /** By the name of what was not made. */
  readonly #missing = new Map<string, StoredMessage>()

  constructor(stored: readonly StoredMessage[] = []) {
    this.#all = [...stored]
    for (const message of stored) this.#index(message)
  }

  /** Counts a message; gives it as it is to be stored now. */
  add(fresh: NewMessage): StoredMessage {
    const known = this.#byText.get(keyOf(fresh)) ?? this.#overflow(fresh)
    if (known !== undefined) {
      known.times += 1
      known.lastLine = fresh.line
      this.#miss(fresh.missing, known)
      return known
    }
    const message: StoredMessage = { ...fresh, id: this.#all.length, lastLine: fresh.line, times: 1 }
    this.#all.push(message)
    this.#index(message)
    return message
  }

  /** The message about what first made one of these names missing, with what that followed from taken into account. */
  causeOf(names: Iterable<string>): StoredMessage | undefined {
    for (const name of names) {
      const found = this.#missing.get(name)
      if (found !== undefined) return found.follows === undefined ? found : this.#all[found.follows]
    }
    return undefined
  }

  /** Something of that name has been made after all. */
  found(name: string): void {
    this.#missing.delete(name)
    this.#missing.delete(bare(name))
  }

  get counts(): Record<MessageSort, number> {
    const counts: Record<MessageSort, number> = { error: 0, expected: 0, 'left-out': 0, granted: 0, warning: 0 }
    for (const { sort, times } of this.#all) counts[sort] += times
    return counts
  }

  ofSort(sort: MessageSort): ScriptMessage[] {
    return this.#all.filter((message) => message.sort === sort).map(shown)
  }

  /** Errors in the script's order, each with those that follow from it. */
  errors(): ScriptError[] {
    const errors = this.#all.filter(({ sort }) => sort === 'error')
    const byCause = new Map<number, ScriptMessage[]>()
    for (const message of errors) {
      if (message.follows === undefined) continue
      byCause.set(message.follows, [...(byCause.get(message.follows) ?? []), shown(message)])
    }
    return errors
      .filter(({ follows }) => follows === undefined)
      .map((message) => ({ ...shown(message), followers: byCause.get(message.id) ?? [] }))
  }

  #index(message: StoredMessage): void {
    this.#byText.set(keyOf(message), message)
    this.#miss(message.missing, message)
  }

  /** A function is missed by its name alone, too: who calls it does not say the types. */
  #miss(name: string | undefined, message: StoredMessage): void {
    if (name === undefined) return
    this.#missing.set(name, message)
    this.#missing.set(bare(name), message)
  }

  #overflow({ sort, database }: NewMessage): StoredMessage | undefined {
    if (this.#all.filter((message) => message.sort === sort).length < KEPT) return undefined
    const rest = {
      sort,
      database: '',
      statement: '',
      line: 0,
      message: 'Further messages, which are not kept one by one.',
    }
    const known = this.#byText.get(keyOf(rest))
    if (known !== undefined) return known
    const message: StoredMessage = { ...rest, database, id: this.#all.length, lastLine: 0, times: 0 }
    this.#all.push(message)
    this.#byText.set(keyOf(rest), message)
    return message
  }
}

/** Without what a function takes. */
function bare(name: string): string {
  const [before = name] = name.split(ARGUMENTS)
  return before
}

/** Of a name that is missing there is one message each, or the next statement could not be told what it follows from. */
function keyOf({ sort, database, statement, sqlstate, message, reason, follows, missing }: NewMessage): string {
  return JSON.stringify([sort, database, statement, sqlstate, message, reason, follows, missing])
}

function shown({
  sort,
  line,
  lastLine,
  times,
  database,
  statement,
  sqlstate,
  message,
  reason,
}: StoredMessage): ScriptMessage {
  return {
    sort,
    line,
    lastLine,
    times,
    database,
    statement,
    ...(sqlstate === undefined ? {} : { sqlstate }),
    message,
    ...(reason === undefined ? {} : { reason }),
  }
}
