import type { Command } from 'commander'
import { EXIT_CODES, PgleapError } from '../errors.ts'
import { redactor, secretsOf } from '../report/index.ts'
import type { Redact } from '../report/index.ts'
import { onInterrupt } from './interrupt.ts'
import { createOutput } from './output.ts'
import type { Output } from './output.ts'

/** What a command works with while it runs. */
export interface Invocation {
  output: Output
  redact: Redact
  signal: AbortSignal
}

/** What a command hands back: its exit code, once it has run. */
export type Finish = (exitCode: number) => void

export interface JsonFlag {
  json?: true
}

/** The option that every command has. */
export function addJsonOption(command: Command): Command {
  return command.option('--json', 'print JSON, one event a line (docs/events.md)')
}

/**
 * Runs the body of a command with an output and an interrupt of its own, prints what it throws, and returns the exit
 * code. The body returns its own for a run that ended, but not well.
 *
 * @param interruptedHint how to go on after an interrupt, where that is not by `resume`
 */
export async function invoke(
  json: true | undefined,
  body: (invocation: Invocation) => Promise<number>,
  interruptedHint?: string,
): Promise<number> {
  const redact = edgeRedactor()
  const output = await createOutput(json === true ? 'json' : 'text', redact)
  using interrupt = onInterrupt(output.note, interruptedHint)
  try {
    return await body({ output, redact, signal: interrupt.signal })
  } catch (error) {
    // Whatever a cancelled query throws, the reason is the person at the keyboard.
    const reason: unknown = interrupt.signal.aborted && !saysMore(error) ? interrupt.signal.reason : error
    output.error(reason)
    return exitCodeOf(reason)
  } finally {
    output.close()
  }
}

/** Errors by which an interrupted command says how it left the servers. */
function saysMore(error: unknown): boolean {
  return (
    error instanceof PgleapError && ['online.undecided', 'online.not-thawed', 'online.taken-over'].includes(error.code)
  )
}

/** Knows the passwords of the command line and the environment, so that none leaves by any way (invariant 4). */
export function edgeRedactor(): Redact {
  const { PGPASSWORD = '' } = process.env
  return redactor(secretsOf(process.argv.slice(2), [PGPASSWORD]))
}

export function exitCodeOf(error: unknown): number {
  return error instanceof PgleapError ? error.exitCode : EXIT_CODES.internal
}
