import { inspect } from 'node:util'

const MASK = '***'

/** A value that no printer shows: text, JSON and util.inspect all give `***` (invariant 4). Only `reveal` gives it. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [inspect.custom](): string {
    return MASK
  }
}
