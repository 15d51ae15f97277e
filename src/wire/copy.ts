import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { PgleapError } from '../errors.ts'
import type { Session } from '../connection/index.ts'
import { Exchange } from './exchange.ts'
import { HEADER_BYTES, copyDataHeader, copyDoneMessage, copyFailMessage } from './messages.ts'
import { rowCount } from './row-count.ts'

export interface CopyResult {
  /** Payload bytes: without the frames' headers. */
  bytes: number
  /** The server's own count. */
  rows: number
}

/**
 * Runs `COPY ... TO STDOUT` and hands its CopyData messages to `sink` as they come, headers and all: a chunk may begin
 * and end inside of a message. Where the sink returns a promise, nothing more is read until it settles, and the chunk is
 * what it was until then; afterwards its memory is read into again. Throws `copy.row-count` where the server counted other rows
 * than went by, the server's DatabaseError, or what the sink threw (the COPY is then cancelled); the session is usable afterwards.
 */
export async function copyOut(
  session: Session,
  sql: string,
  sink: (chunk: Buffer) => void | Promise<void>,
): Promise<CopyResult> {
  const end = await session.withSocket(async (socket) => {
    let thrown: { error: unknown } | undefined
    let cancel: Promise<void> | undefined
    let busy: Promise<void> | undefined
    const stop = (error: unknown) => {
      thrown ??= { error }
      busy = undefined
      socket.resume()
      cancel ??= session.cancel()
    }
    /** In binary format the trailer is a message, too. */
    let others = 0
    const exchange = new Exchange(socket, session.side, sql, {
      begun: (format) => (others = format === 'binary' ? 1 : 0),
      data(bytes) {
        if (thrown !== undefined) return
        try {
          // One chunk of the socket may hold several runs: the later ones wait for their turn.
          const wait =
            busy === undefined ? sink(bytes) : busy.then(() => (thrown === undefined ? sink(bytes) : undefined))
          if (wait === undefined) return
          socket.pause()
          const mine: Promise<void> = wait.then(() => {
            if (busy === mine) {
              busy = undefined
              socket.resume()
            }
            return undefined
          }, stop)
          busy = mine
        } catch (error) {
          stop(error)
        }
      },
    })
    const outcome = await exchange.outcome
    await busy
    await cancel
    const { bytes, frames } = exchange.walker
    return { ...outcome, thrown, bytes: bytes - HEADER_BYTES * frames, passed: frames - others }
  }, 'shared')
  if (end.thrown !== undefined) throw end.thrown.error
  const { rows } = result(end)
  if (rows !== end.passed) throw rowCount(session.side, rows, end.passed)
  return { rows, bytes: end.bytes }
}

/**
 * Runs `COPY ... FROM STDIN` and feeds it what `payloads` gives, cut anywhere, not faster than the server takes it.
 * Throws the server's DatabaseError, or what `payloads` threw (the COPY is then failed); the session is usable
 * afterwards, its transaction aborted. `sql` may be bytes, in the encoding that the session's client_encoding says.
 */
export async function copyIn(
  session: Session,
  sql: string | Buffer,
  payloads: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<CopyResult> {
  const end = await session.withSocket(async (socket) => {
    const exchange = new Exchange(socket, session.side, sql, {})
    let bytes = 0
    let thrown: { error: unknown } | undefined
    try {
      for await (const payload of payloads) {
        if (exchange.over) break
        bytes += payload.length
        await send(socket, exchange, payload)
      }
      if (!exchange.over) socket.write(copyDoneMessage())
    } catch (error) {
      thrown = { error }
      if (!exchange.over) socket.write(copyFailMessage('pgleap: the data cannot be read'))
    }
    return { ...(await exchange.outcome), thrown, bytes }
  })
  if (end.thrown !== undefined) throw end.thrown.error
  return result(end)
}

/** Writes one CopyData message and, where too much waits already, waits with it; the end of the exchange ends the wait. */
async function send(socket: Duplex, exchange: Exchange, payload: Buffer): Promise<void> {
  socket.cork()
  socket.write(copyDataHeader(payload.length))
  const more = socket.write(payload)
  socket.uncork()
  if (more) return
  const stop = new AbortController()
  const drained = once(socket, 'drain', { signal: stop.signal }).catch(() => {})
  await Promise.race([drained, exchange.outcome.catch(() => {})])
  stop.abort()
}

function result({
  rows,
  error,
  bytes,
}: {
  rows: number | undefined
  error: PgleapError | undefined
  bytes: number
}): CopyResult {
  if (error !== undefined) throw error
  if (rows !== undefined) return { bytes, rows }
  throw new PgleapError({ code: 'internal.no-copy', message: 'The statement was no COPY.', party: 'internal' })
}
