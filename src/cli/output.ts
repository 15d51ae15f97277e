import { PgleapError } from '../errors.ts'
import {
  advance,
  errorText,
  eventLine,
  initialLines,
  initialState,
  jsonLine,
  liveView,
  plainLines,
  styleFor,
} from '../report/index.ts'
import type { EmitEvent, Event, OutputLine, Redact, Style } from '../report/index.ts'

/** Where a command shows what it does; the one place that writes to the terminal. Everything is redacted here. */
export interface Output {
  onEvent: EmitEvent
  /** The result of a command: text for people, data for `--json`. */
  result: (command: string, data: unknown, text: (style: Style) => string) => void
  /** A word to the person at the terminal; nothing under `--json`. */
  note: (text: string) => void
  error: (error: unknown) => void
  /** Takes the live view off the terminal, and leaves the cursor as it was. */
  close: () => void
}

export type OutputFormat = 'text' | 'json'

const REDRAW_EVERY_MS = 200

/** Events and notes go to stderr, results to stdout; under `--json` everything is a line of JSON on stdout. */
export async function createOutput(format: OutputFormat, redact: Redact): Promise<Output> {
  if (format === 'json') return jsonOutput(redact)
  return process.stderr.isTTY ? liveOutput(redact) : plainOutput(redact)
}

function jsonOutput(redact: Redact): Output {
  const print = (line: OutputLine) => write(process.stdout, jsonLine(line, redact))
  return {
    onEvent: print,
    result: (command, result) => print({ type: 'result', at: Date.now(), command, result }),
    note: () => undefined,
    error: (error) => print(errorLine(error)),
    close: () => undefined,
  }
}

function errorLine(error: unknown): OutputLine {
  const known =
    error instanceof PgleapError
      ? error
      : new PgleapError({ code: 'internal.unknown', message: String(error), party: 'internal', cause: error })
  const { code, message, hint, party, exitCode } = known
  return { type: 'error', at: Date.now(), code, message, ...(hint === undefined ? {} : { hint }), party, exitCode }
}

/** Results and errors look the same with and without a live view. */
function textOutput(redact: Redact): Pick<Output, 'result' | 'note' | 'error'> {
  return {
    result: (_command, _data, text) => write(process.stdout, redact(text(styleFor(process.stdout)))),
    note: (text) => write(process.stderr, `${redact(text)}\n`),
    error: (error) => write(process.stderr, redact(errorText(error, styleFor(process.stderr)))),
  }
}

function plainOutput(redact: Redact): Output {
  const style = styleFor(process.stderr)
  let lines = initialLines
  return {
    ...textOutput(redact),
    onEvent: (event) => {
      const printed = plainLines(lines, event, style)
      lines = printed.next
      for (const line of printed.lines) write(process.stderr, `${redact(line)}\n`)
    },
    close: () => undefined,
  }
}

/** A panel that is redrawn in place; what a person should be able to scroll back to is printed above it. */
async function liveOutput(redact: Redact): Promise<Output> {
  const { createLogUpdate } = await import('log-update')
  const style = styleFor(process.stderr)
  const panel = createLogUpdate(process.stderr)
  const text = textOutput(redact)
  let state = initialState
  let timer: NodeJS.Timeout | undefined
  const draw = () => {
    const columns = process.stderr.columns ?? 80
    panel(redact(liveView({ ...state, now: Math.max(state.now, Date.now()) }, { columns, style })))
  }
  const above = (print: () => void) => {
    panel.clear()
    print()
    if (timer !== undefined) draw()
  }
  const close = () => {
    if (timer === undefined) return
    clearInterval(timer)
    timer = undefined
    panel.clear()
    panel.done()
  }
  return {
    result: (...args) => {
      close()
      text.result(...args)
    },
    note: (line) => above(() => text.note(line)),
    error: (error) => {
      close()
      text.error(error)
    },
    onEvent: (event: Event) => {
      state = advance(state, event)
      timer ??= setInterval(draw, REDRAW_EVERY_MS)
      // A phase shows in the panel's heading; as a line above it, it would say everything twice.
      const lines = event.type === 'phase' ? [] : eventLine(event, style)
      if (lines.length > 0) above(() => lines.forEach((line) => text.note(line)))
      if (event.type === 'finished' && event.database === undefined) close()
    },
    close,
  }
}

/**
 * Writes, unless the reader has gone away. A closed pipe or terminal ends the output, not the run: work on two servers
 * is not given up because `head` has seen enough.
 */
function write(stream: NodeJS.WriteStream, text: string): void {
  if (stream.writable) stream.write(text)
}

/** Without this a reader that goes away would end the process with an unhandled EPIPE or EIO. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
    })
  }
}
