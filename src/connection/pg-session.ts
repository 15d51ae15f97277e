import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { PgleapError } from '../errors.ts'
import type { LoginClient, OpenConnection, ProtocolConnection } from './client.ts'
import { connectionLost, databaseError, isConnectionLost, serverFields } from './errors.ts'
import type { Host } from './host.ts'
import type { ConnectionInfo } from './info.ts'
import { ringOf } from './read-ring.ts'
import type { Session, Side } from './session.ts'
import { openSocket } from './socket.ts'

/** A goodbye or a cancel request that takes longer than this goes nowhere. */
const GOODBYE_MS = 3000
const CANCEL_MS = 10_000

export interface SessionFields {
  readonly side: Side
  readonly version: number
  readonly pid: number
  readonly user: string
  readonly database: string
}

export interface Login {
  readonly client: LoginClient
  readonly connection: OpenConnection
  readonly info: ConnectionInfo
  readonly host: Host
  readonly encrypted: 'yes' | 'no'
}

/** The one implementation of `Session`: a pg.Client that is never asked two things at once. */
export class PgSession implements Session {
  readonly side: Side
  readonly version: number
  readonly major: number
  readonly pid: number
  readonly user: string
  readonly database: string
  readonly #login: Login
  readonly #client: LoginClient
  readonly #connection: OpenConnection
  /** Hands what arrives to the driver. */
  readonly #parse: (chunk: unknown) => void
  readonly #signal: AbortSignal
  #doing: 'nothing' | 'statement' | 'lent' = 'nothing'
  #lost: { by: unknown } | undefined
  /** The connection was lost in the middle of something, which the server may go on with, locks and all. */
  #abandoned = false
  #tail: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(fields: SessionFields, login: Login, signal: AbortSignal) {
    this.side = fields.side
    this.version = fields.version
    this.major = Math.floor(fields.version / 10_000)
    this.pid = fields.pid
    this.user = fields.user
    this.database = fields.database
    this.#login = login
    this.#client = login.client
    this.#connection = login.connection
    const { stream } = login.connection
    const parsers = stream.listeners('data')
    stream.removeAllListeners('data')
    // Once for all: what is taken off and wrapped anew for each COPY is thousands deep after thousands of tables.
    this.#parse = (chunk) => {
      for (const parser of parsers) Reflect.apply(parser, stream, [chunk])
    }
    stream.on('data', this.#parse)
    this.#signal = signal
    this.#client.on('error', (error) => (this.#lost ??= { by: error }))
    this.#client.on('end', () => (this.#lost ??= { by: undefined }))
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  get broken(): boolean {
    return this.#lost !== undefined || this.#closing !== undefined
  }

  async query<R extends object = Record<string, unknown>>(sql: string, params: readonly unknown[] = []): Promise<R[]> {
    const result = await this.#statement(sql, () => this.#client.query<R>(sql, [...params]))
    if (!Array.isArray(result)) return result.rows
    throw new PgleapError({
      code: 'internal.several-statements',
      message: 'Session.query was given several statements; script runs those.',
      party: 'internal',
    })
  }

  async script(sql: string): Promise<void> {
    await this.#statement(
      sql,
      () => new Promise<void>((resolve, reject) => this.#client.query(new Script(sql, resolve, reject))),
    )
  }

  async cancel(): Promise<void> {
    const { info, host, encrypted } = this.#login
    const deadline = AbortSignal.timeout(CANCEL_MS)
    try {
      const encryption = encrypted === 'yes' ? 'tls' : 'clear'
      const { socket } = await openSocket(info, host, encryption, this.side, deadline)
      const destroy = () => socket.destroy()
      deadline.addEventListener('abort', destroy, { once: true })
      // The server closes when it has passed the request on: awaiting that, a late cancel cannot hit the next statement.
      await new Promise<void>((resolve) => {
        socket.once('close', () => resolve())
        socket.resume()
        socket.write(cancelRequest(this.#client.processID, this.#client.secretKey))
      })
      deadline.removeEventListener('abort', destroy)
    } catch {
      // Best effort: the server may be gone, and then so is what it ran.
    }
  }

  withSocket<T>(use: (socket: Duplex) => Promise<T>, reads: 'copied' | 'shared' = 'copied'): Promise<T> {
    return this.#inTurn('lent', async () => {
      const socket = this.#connection.stream
      socket.removeAllListeners('data')
      const ring = ringOf(socket)
      ring?.give(reads)
      try {
        return await use(socket)
      } catch (error) {
        // A PgleapError was made by code that knows where the conversation stands; after any other error nobody knows.
        if (!(error instanceof PgleapError)) socket.destroy()
        throw error
      } finally {
        ring?.give('copied')
        socket.removeAllListeners('data')
        socket.on('data', this.#parse)
        socket.resume()
      }
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort)
    if (this.#lost !== undefined) {
      this.#connection.stream.destroy()
      if (this.#abandoned) await this.cancel()
      return
    }
    // A backend that is busy does not look at its socket: it is stopped first, so that its locks go with it.
    if (this.#doing !== 'nothing') {
      await this.cancel()
      this.#connection.stream.destroy()
    }
    const timer = setTimeout(() => this.#connection.stream.destroy(), GOODBYE_MS)
    await this.#client.end().catch(() => {})
    clearTimeout(timer)
  }

  readonly #onAbort = () => {
    if (this.#doing === 'statement') void this.cancel()
  }

  /** Runs one thing after the other; each finds the server at ReadyForQuery. */
  async #inTurn<T>(doing: 'statement' | 'lent', work: () => Promise<T>): Promise<T> {
    const before = this.#tail
    const turn = new EventEmitter()
    this.#tail = new Promise((resolve) => turn.once('over', resolve))
    await before
    try {
      if (this.broken) throw connectionLost(this.side, this.#lost?.by)
      this.#doing = doing
      return await work()
    } finally {
      this.#abandoned ||= this.#lost !== undefined && this.#doing !== 'nothing'
      this.#doing = 'nothing'
      turn.emit('over')
    }
  }

  #statement<T>(sql: string, run: () => Promise<T>): Promise<T> {
    return this.#inTurn('statement', async () => {
      try {
        return await run()
      } catch (error) {
        await this.#idle()
        // The server's own last words (57P01) tell more than the end of the connection that follows.
        if (this.#lost !== undefined && serverFields(error) === undefined) throw connectionLost(this.side, error)
        const failure = databaseError(error, this.side, { statement: sql })
        if (isConnectionLost(failure)) this.#lost ??= { by: failure }
        throw failure
      }
    })
  }

  /** pg reports an error as soon as it arrives; ReadyForQuery, or the end of the connection, comes after it. */
  #idle(): Promise<void> {
    if (this.#client.readyForQuery || this.#lost !== undefined) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        this.#connection.removeListener('readyForQuery', done)
        this.#client.removeListener('end', done)
        resolve()
      }
      this.#connection.on('readyForQuery', done)
      this.#client.on('end', done)
    })
  }
}

/** CancelRequest: length 16, the code 80877102, and the key of the login. */
function cancelRequest(pid: number, key: number): Buffer {
  const message = Buffer.alloc(16)
  message.writeInt32BE(16, 0)
  message.writeInt32BE(80_877_102, 4)
  message.writeInt32BE(pid, 8)
  message.writeInt32BE(key, 12)
  return message
}

/** A simple query whose rows nobody wants: none of them is kept, however many a script returns. */
class Script {
  readonly #sql: string
  readonly #resolve: () => void
  readonly #reject: (error: Error) => void

  constructor(sql: string, resolve: () => void, reject: (error: Error) => void) {
    this.#sql = sql
    this.#resolve = resolve
    this.#reject = reject
  }

  submit(connection: { query(text: string): void }): void {
    connection.query(this.#sql)
  }

  handleReadyForQuery(): void {
    this.#resolve()
  }

  handleError(error: Error): void {
    this.#reject(error)
  }

  handleCopyInResponse(connection: ProtocolConnection): void {
    connection.sendCopyFail('a script has no data')
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handleCopyData(): void {}
}
