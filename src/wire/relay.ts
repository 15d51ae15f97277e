import { setMaxListeners } from 'node:events'
import type { Duplex } from 'node:stream'
import { PgleapError } from '../errors.ts'
import type { Session } from '../connection/index.ts'
import { databaseError } from '../connection/index.ts'
import type { Outcome } from './exchange.ts'
import { Exchange } from './exchange.ts'
import { HEADER_BYTES, copyDoneMessage, copyFailMessage } from './messages.ts'
import { rowCount } from './row-count.ts'

/** So much may wait for the target before the source is paused: enough to keep both busy, little enough for many relays. */
const BACKLOG_BYTES = 512 * 1024

/** After a failure or an abort both servers are told to stop; a connection that does not come to rest in time is cut. */
const STOP_MS = 15_000

export interface RelayOptions {
  /** `COPY ... TO STDOUT` for the source, without a HEADER. */
  copyOutSql: string
  /** `COPY ... FROM STDIN` for the target, of the same columns and format. */
  copyInSql: string
  signal?: AbortSignal | undefined
  /** Called for each chunk with the payload bytes and rows so far. */
  onProgress?: ((bytes: number, rows: number) => void) | undefined
}

export interface RelayResult {
  /** Payload bytes: without the frames' headers. */
  bytes: number
  rows: number
}

/**
 * Copies from the source to the target by passing CopyData through untouched (D4). Resolves when both servers have said
 * `COPY n` with the same n, which is also the number of frames that went by (invariant 3). Otherwise throws the first
 * cause: the source's or the target's DatabaseError, a lost connection (retryable), `run.interrupted` after an abort, or
 * `copy.row-count`. Sessions that are not lost come back at ReadyForQuery. The target's transaction is aborted by
 * then, but for a `copy.row-count` that blames the target: who runs it has to roll back, as for any error.
 */
export function relay(source: Session, target: Session, options: RelayOptions): Promise<RelayResult> {
  return source.withSocket((out) => target.withSocket((into) => pump(source, target, out, into, options)), 'shared')
}

async function pump(
  source: Session,
  target: Session,
  out: Duplex,
  into: Duplex,
  { copyOutSql, copyInSql, signal, onProgress }: RelayOptions,
): Promise<RelayResult> {
  if (signal?.aborted === true) throw interrupted()
  if (signal !== undefined) setMaxListeners(0, signal) // many relays of one run listen to its one signal
  let failure: PgleapError | undefined
  let format: 'text' | 'binary' = 'text'
  /** True where the target has the beginning of a frame: only its end may follow, even when the COPY has failed. */
  let owesFrameEnd = false
  const cancels: Promise<void>[] = []

  const rowsSoFar = () => Math.max(0, taking.walker.frames - (format === 'binary' ? 1 : 0))
  const bytesSoFar = () => Math.max(0, taking.walker.bytes - HEADER_BYTES * taking.walker.frames)
  const resume = () => out.resume()

  /** The first failure is the one to report: what follows from stopping the other side is not news. */
  const fail = (error: PgleapError) => {
    if (failure !== undefined) return
    failure = error
    stopTimer.refresh()
    out.resume() // what still comes is thrown away
    if (!taking.over) cancels.push(source.cancel())
    if (!giving.over && signal?.aborted === true) cancels.push(target.cancel())
  }
  const stopTimer = setTimeout(() => {
    if (failure === undefined) return
    if (!taking.over) out.destroy()
    if (!giving.over) into.destroy()
  }, STOP_MS)

  // The target first; the source's answer waits in its socket until the target is ready to take it.
  const giving = new Exchange(into, 'target', copyInSql, { begun: resume })
  const taking = new Exchange(out, 'source', copyOutSql, {
    begun: (how) => (format = how),
    data(bytes, rest) {
      const stopped = failure !== undefined || giving.over
      const due = stopped ? bytes.subarray(0, owesFrameEnd ? rest : 0) : bytes
      owesFrameEnd = stopped ? owesFrameEnd && rest === bytes.length && taking.walker.midFrame : taking.walker.midFrame
      if (due.length > 0 && into.writable) into.write(due)
      if (into.writableLength > BACKLOG_BYTES) {
        out.pause()
        into.once('drain', resume)
      }
      if (!stopped) onProgress?.(bytesSoFar(), rowsSoFar())
    },
  })
  out.pause()

  /** When the source has said its last word, the target is told to end well or to forget it all. */
  const sourceEnd = async () => {
    try {
      const outcome = await taking.outcome
      const bad = outcome.error ?? badCount(outcome, rowsSoFar())
      if (bad !== undefined) fail(bad)
      if (giving.over) return
      into.write(failure === undefined ? copyDoneMessage() : copyFailMessage('pgleap: the source stopped'))
    } catch (lost) {
      fail(databaseError(lost, 'source'))
      // Inside of a frame the target takes anything for its rest: there is no way to tell it but to go.
      if (owesFrameEnd) into.destroy()
      else if (!giving.over) into.write(copyFailMessage('pgleap: the source is lost'))
    }
  }
  const targetEnd = async () => {
    try {
      const outcome = await giving.outcome
      const bad = outcome.error ?? (taking.over ? undefined : endedEarly())
      if (bad !== undefined) fail(bad)
      return outcome.rows
    } catch (lost) {
      fail(databaseError(lost, 'target'))
      return undefined
    }
  }

  const abort = () => fail(interrupted())
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const [rows] = await Promise.all([targetEnd(), sourceEnd()])
    await Promise.all(cancels)
    if (failure === undefined && rows !== rowsSoFar()) failure = rowCount('target', rows, rowsSoFar())
    if (failure !== undefined) throw failure
    return { bytes: bytesSoFar(), rows: rowsSoFar() }
  } finally {
    clearTimeout(stopTimer)
    signal?.removeEventListener('abort', abort)
    into.removeListener('drain', resume)
  }
}

function badCount({ rows }: Outcome, frames: number): PgleapError | undefined {
  return rows === frames ? undefined : rowCount('source', rows, frames)
}

function endedEarly(): PgleapError {
  return new PgleapError({
    code: 'wire.protocol',
    message: 'The target ended the COPY before its data did.',
    party: 'internal',
  })
}

function interrupted(): PgleapError {
  return new PgleapError({ code: 'run.interrupted', message: 'Interrupted while copying.', party: 'interrupted' })
}
