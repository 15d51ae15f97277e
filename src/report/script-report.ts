import type { Endpoint } from './result.ts'

/**
 * What a statement led to. `error`: the server refused it. `expected`: it did, as is to be expected at this target.
 * `left-out`: it was not run.
 * `granted`: a role was granted to the user for it. `warning`: it was done, and the server warns.
 */
export type MessageSort = 'error' | 'expected' | 'left-out' | 'granted' | 'warning'

/** Equal messages are one, and counted. Never holds a value of the script. */
export interface ScriptMessage {
  sort: MessageSort
  /** Of the first statement that it is about, from 1. */
  line: number
  lastLine: number
  times: number
  database: string
  /** What the statement does and to what: `CREATE TABLE public.orders`. */
  statement: string
  sqlstate?: string
  message: string
  /** Why it was to be expected, or was left out. */
  reason?: string
}

/** An error with what follows from it. */
export interface ScriptError extends ScriptMessage {
  followers: ScriptMessage[]
}

/**
 * `restored`: all of the script was run, and nothing but expected messages came. `errors`: all of it was run, with errors. `stopped`: it
 * stopped at the first error, and goes on there when it is called again.
 */
export type ScriptOutcome = 'restored' | 'errors' | 'stopped'

/** What `restoreScript` returns: plain JSON without secrets. Times are milliseconds. */
export interface ScriptReport {
  target: Endpoint & { provider: string }
  script: { path?: string; bytes: number; sha256: string; statements: number; tables: number }
  startedAt: string
  ms: number
  /** Whether a run that was interrupted was gone on with, and from which byte of the script. */
  resumedAt?: number
  outcome: ScriptOutcome
  /** How often each sort came, all of them. */
  counts: Record<MessageSort, number>
  errors: ScriptError[]
  expected: ScriptMessage[]
  leftOut: ScriptMessage[]
  /** Memberships that the user was given on the way; each says how to take it back. */
  granted: ScriptMessage[]
  warnings: ScriptMessage[]
  /** Databases that the script has connected to, the first one included. */
  databases: string[]
  /** Rows that COPY has brought in, this time. */
  rows: number
}
