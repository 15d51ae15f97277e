import { PgleapError } from '../errors.ts'
import { oneLine } from './text.ts'
import type { Style } from './text.ts'

/**
 * An error for people: what is the case, what to do, and the code to look up in docs/errors.md. A stack is shown only
 * for errors that pgleap does not know, as it helps nobody else.
 */
export function errorText(error: unknown, style: Style): string {
  if (error instanceof PgleapError) {
    const lines = [`${style('bad', 'error')}  ${oneLine(error.message)}`]
    if (error.hint !== undefined) lines.push(`${style('faint', 'hint')}   ${oneLine(error.hint)}`)
    lines.push(`${style('faint', 'code')}   ${error.code} (exit ${String(error.exitCode)})`)
    return `${lines.join('\n')}\n`
  }
  const known = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${style('bad', 'error')}  pgleap failed in a way that it does not know; please report this.\n${known}\n`
}
