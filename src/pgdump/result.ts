import { PgleapError } from '../errors.ts'

/** What one run of pg_dump gave. */
export interface Dump {
  /** A custom-format archive. */
  archive: Uint8Array
  /** Warnings, one a line. */
  stderr: string
}

/** pg_dump failed by itself, or said no more than its own text. `why` stands in where stderr is empty. */
export function failed(why: string, stderr: string, cause?: unknown): PgleapError {
  const lines = stderr.split('\n').filter((line) => /^pg_dump: (?!warning: )/.test(line))
  const said = lines.map((line) => line.replace(/^pg_dump: (?:error: )?/, '').replace(/\.$/, ''))
  return new PgleapError({
    code: 'pgdump.failed',
    message: `pg_dump could not read the schema: ${said.length === 0 ? why : said.join('; ')}.`,
    hint: 'Use a native one with --pg-dump PATH to see whether the bundled one is at fault.',
    party: 'source',
    cause: cause ?? (stderr.trim() === '' ? undefined : new Error(stderr.trim())),
  })
}

export function interrupted(signal: AbortSignal): PgleapError {
  return new PgleapError({
    code: 'run.interrupted',
    message: 'Interrupted while reading the schema.',
    party: 'interrupted',
    cause: signal.reason,
  })
}
