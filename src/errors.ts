/** Who has to act when something failed; each party has an exit code of its own (docs/exit-codes.md). */
export type Party = 'usage' | 'source' | 'target' | 'findings' | 'difference' | 'partial' | 'interrupted' | 'internal'

export const EXIT_CODES = {
  internal: 1,
  usage: 2,
  source: 3,
  target: 4,
  findings: 5,
  difference: 6,
  partial: 7,
  interrupted: 130,
} as const satisfies Record<Party, number>

export interface PgleapErrorFields {
  /** Stable and documented in docs/errors.md: `area.what`, in kebab case, for example `connect.password`. */
  code: string
  /** One sentence: what is the case. */
  message: string
  /** What to do next. */
  hint?: string | undefined
  party: Party
  cause?: unknown
}

/**
 * The one error class of pgleap. Its text never holds a secret (invariant 4): whoever builds one from a server's or
 * library's message passes values that have been through `Secret`, never a connection string.
 */
export class PgleapError extends Error {
  override readonly name = 'PgleapError'
  readonly code: string
  readonly hint: string | undefined
  readonly party: Party

  constructor(fields: PgleapErrorFields) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause })
    this.code = fields.code
    this.hint = fields.hint
    this.party = fields.party
  }

  get exitCode(): number {
    return EXIT_CODES[this.party]
  }
}

/** Thrown where the types say that a place cannot be reached; always a bug in pgleap. */
export function unreachable(value: never): never {
  throw new PgleapError({
    code: 'internal.unreachable',
    message: `pgleap met a case that it does not know: ${JSON.stringify(value)}`,
    hint: 'This is a bug in pgleap; please report it.',
    party: 'internal',
  })
}
