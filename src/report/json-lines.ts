import type { Event } from './events.ts'
import { redactData } from './redact.ts'
import type { Redact } from './redact.ts'

/** What `--json` prints: the library's events, and two kinds of lines that only the command line has. */
export type OutputLine =
  | Event
  | { type: 'result'; at: number; command: string; result: unknown }
  | { type: 'error'; at: number; code: string; message: string; hint?: string; party: string; exitCode: number }

/** One line of JSON, newline included. Redacted before it is written as JSON, as escaping would hide a secret. */
export function jsonLine(line: OutputLine, redact: Redact): string {
  return `${JSON.stringify(redactData(line, redact))}\n`
}
