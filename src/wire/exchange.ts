import type { Duplex } from 'node:stream'
import type { PgleapError } from '../errors.ts'
import type { Side } from '../connection/index.ts'
import { DatabaseError, connectionLost, databaseError } from '../connection/index.ts'
import { FrameWalker } from './frames.ts'
import { MESSAGE, copiedRows, parseError, queryMessage } from './messages.ts'

/** How one COPY command ended, told at ReadyForQuery: with a count of rows, or with the server's error. */
export interface Outcome {
  /** The n of the server's own `COPY n`. */
  rows: number | undefined
  error: PgleapError | undefined
}

export interface ExchangeEvents {
  /** The server is ready to give or to take data, in this format. */
  begun?(format: 'text' | 'binary'): void
  /** As `FrameSink.data`. */
  data?(bytes: Buffer, rest: number): void
}

/**
 * One simple query that does COPY, on a lent socket: listens from the start, sends it, and tells what the server says. Notices and
 * parameter changes in between are passed over. `outcome` rejects only when the connection is lost (or the stream
 * makes no sense, and the socket is then destroyed); an error of the server that is followed by the end of
 * the connection (57P01) is a loss with that error.
 */
export class Exchange {
  readonly outcome: Promise<Outcome>
  readonly walker: FrameWalker
  #over = false

  constructor(socket: Duplex, side: Side, sql: string | Buffer, events: ExchangeEvents) {
    let rows: number | undefined
    let error: PgleapError | undefined
    const { promise, resolve, reject } = deferred<Outcome>()
    const end = () => {
      this.#over = true
      socket.removeListener('data', walk)
      socket.removeListener('error', lost)
      socket.removeListener('close', lost)
    }
    const lost = (cause?: Error) => {
      end()
      reject(error ?? connectionLost(side, cause))
    }
    const walk = (chunk: Buffer) => {
      try {
        this.walker.walk(chunk)
      } catch (failure) {
        error ??= databaseError(failure, side)
        socket.destroy()
      }
    }
    this.walker = new FrameWalker({
      data: (bytes, rest) => events.data?.(bytes, rest),
      message(type, body) {
        switch (type) {
          case MESSAGE.copyInResponse:
          case MESSAGE.copyOutResponse:
            events.begun?.(body[0] === 1 ? 'binary' : 'text')
            break
          case MESSAGE.commandComplete:
            rows = copiedRows(body)
            break
          case MESSAGE.errorResponse:
            error ??= new DatabaseError(side, parseError(body), typeof sql === 'string' ? sql : undefined)
            break
          case MESSAGE.readyForQuery:
            end()
            resolve({ rows, error })
            break
          default: // NoticeResponse, ParameterStatus, NotificationResponse, CopyDone: nothing to do
        }
      },
    })
    this.outcome = promise
    promise.catch(() => {}) // whoever needs it awaits it, too
    socket.on('data', walk)
    socket.on('error', lost)
    socket.on('close', lost)
    if (socket.destroyed) lost()
    else socket.write(queryMessage(sql))
  }

  /** True once `outcome` is settled: the server is at ReadyForQuery, or gone. */
  get over(): boolean {
    return this.#over
  }
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve: (value: T) => void = unset
  let reject: (error: Error) => void = unset
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

function unset(): void {}
