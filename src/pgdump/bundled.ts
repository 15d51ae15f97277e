import type { Duplex } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads'
import { DatabaseError, connectionLost, type ServerFields, type Session } from '../connection/index.ts'
import type { PgleapError } from '../errors.ts'
import { AnswerCollector, loginAnswer } from './frames.ts'
import { failed, interrupted, type Dump } from './result.ts'

/** The pg_dump inside of @electric-sql/pglite-tools 0.4.8. */
export const BUNDLED_PG_DUMP = { major: 18, version: '18.3' } as const

export interface WorkerInput {
  /** Answers of the server come in here, one message each. */
  port: MessagePort
  /** One 32-bit integer that becomes 1 when an answer has been posted. */
  bell: SharedArrayBuffer
  /** What to answer to the login. */
  login: Uint8Array
  args: string[]
}

export type FromWorker =
  | { kind: 'request'; bytes: Uint8Array }
  | { kind: 'done'; archive: Uint8Array; stderr: string }
  | { kind: 'failed'; why: string; stderr: string }

/** What libpq wants to know of a server and asks no query for (protocol.sgml, ParameterStatus); some are not in pg_settings. */
const PARAMETERS = `
  SELECT name, pg_catalog.current_setting(name) AS setting
  FROM pg_catalog.unnest('{server_version, server_encoding, client_encoding, is_superuser, session_authorization,
                           DateStyle, IntervalStyle, TimeZone, integer_datetimes, standard_conforming_strings}'::text[]) AS name`

/**
 * Runs the bundled pg_dump over the session's socket and gives the archive. The session is used up: the caller closes
 * it. A refusal by the server comes as DatabaseError with the server's fields; aborting cancels what the server does.
 */
export async function runBundled(session: Session, args: readonly string[], signal: AbortSignal): Promise<Dump> {
  const parameters = await session.query<{ name: string; setting: string }>(PARAMETERS)
  const login = loginAnswer(Object.fromEntries(parameters.map(({ name, setting }) => [name, setting])))
  if (signal.aborted) throw interrupted(signal)
  const database = session.database.replaceAll(/['\\]/g, String.raw`\$&`)
  const all = [...args, `--dbname=dbname='${database}'`]
  return session.withSocket((socket) => new Bridge(session, socket, signal).run(login, all))
}

/** Carries requests from the thread of pg_dump to the socket, and answers back, until one of the three ends it. */
class Bridge {
  readonly #session: Session
  readonly #socket: Duplex
  readonly #signal: AbortSignal
  readonly #channel = new MessageChannel()
  readonly #bell = new Int32Array(new SharedArrayBuffer(4))
  readonly #answers = new AnswerCollector()
  #request: string | undefined
  #error: ServerFields | undefined

  constructor(session: Session, socket: Duplex, signal: AbortSignal) {
    this.#session = session
    this.#socket = socket
    this.#signal = signal
  }

  async run(login: Uint8Array, args: string[]): Promise<Dump> {
    compileWasm('once')
    const worker = this.#startWorker({ port: this.#channel.port2, bell: bellOf(this.#bell), login, args })
    try {
      return await this.#outcome(worker)
    } catch (error) {
      // Nobody knows what the server was in the middle of; the session's close finds the socket gone.
      this.#socket.destroy()
      throw error
    } finally {
      compileWasm('again-where-busy')
      this.#channel.port1.close()
      await worker.terminate()
    }
  }

  #outcome(worker: Worker): Promise<Dump> {
    return new Promise((resolve, reject) => {
      const socket = this.#socket
      const onData = (chunk: Buffer) => this.#pass(chunk)
      const onLost = (cause?: Error) => settle(() => reject(this.#lost(cause)))
      const onAbort = () => {
        const { port1 } = this.#channel
        port1.close()
        void this.#session.cancel().finally(() => settle(() => reject(interrupted(this.#signal))))
      }
      const settle = (finish: () => void) => {
        socket.off('data', onData).off('end', onLost).off('close', onLost).off('error', onLost)
        this.#signal.removeEventListener('abort', onAbort)
        finish()
      }
      socket.on('data', onData).on('end', onLost).on('close', onLost).on('error', onLost)
      socket.resume()
      this.#signal.addEventListener('abort', onAbort, { once: true })
      worker.on('message', (message: FromWorker) => {
        switch (message.kind) {
          case 'request':
            this.#send(message.bytes)
            break
          case 'done':
            settle(() => resolve({ archive: message.archive, stderr: message.stderr }))
            break
          case 'failed':
            settle(() => reject(this.#failure(message)))
        }
      })
      worker.on('error', (error) => settle(() => reject(failed(error.message, '', error))))
      worker.on('exit', () => settle(() => reject(failed('its thread ended', ''))))
    })
  }

  #send(bytes: Uint8Array): void {
    // The statement, for the report of a failure: a Query message is its type, four bytes of length, text, zero byte.
    this.#request = bytes[0] === 0x51 ? Buffer.from(bytes.subarray(5, -1)).toString('utf8') : undefined
    this.#error = undefined
    this.#socket.write(bytes)
  }

  #pass(chunk: Buffer): void {
    const answer = this.#answers.push(chunk)
    if (answer === undefined) return
    this.#error = answer.error
    const bytes = Uint8Array.from(answer.bytes)
    this.#channel.port1.postMessage(bytes, [bytes.buffer])
    Atomics.store(this.#bell, 0, 1)
    Atomics.notify(this.#bell, 0)
  }

  #failure({ why, stderr }: { why: string; stderr: string }): PgleapError {
    const { side } = this.#session
    const cause = new Error(stderr.trim() === '' ? why : stderr.trim())
    return this.#error === undefined ? failed(why, stderr) : new DatabaseError(side, this.#error, this.#request, cause)
  }

  #lost(cause: unknown): PgleapError {
    const { side } = this.#session
    const lastWords = this.#answers.error
    return lastWords === undefined ? connectionLost(side, cause) : new DatabaseError(side, lastWords, this.#request)
  }

  #startWorker(input: WorkerInput): Worker {
    const file = import.meta.url.endsWith('.ts') ? './worker.dev.mjs' : './worker.js'
    return new Worker(new URL(file, import.meta.url), {
      workerData: input,
      transferList: [input.port],
      execArgv: [],
      // What the module prints goes into stderr of the dump, and nothing onto the user's terminal.
      stdout: true,
      stderr: true,
    })
  }
}

function bellOf(view: Int32Array): SharedArrayBuffer {
  if (view.buffer instanceof SharedArrayBuffer) return view.buffer
  throw new TypeError('the bell is not shared')
}

/**
 * Whether V8 compiles a busy function of WebAssembly once more, to quicker code. Nearly all of pg_dump is one function: that
 * takes a third of a second and 35 MB, and would pay from ten thousand tables on. V8 looks at these flags when a function is
 * first called, and has them for the whole process: so they are put back, or checksums by WebAssembly would take five times as long.
 */
function compileWasm(how: 'once' | 'again-where-busy'): void {
  const flags =
    how === 'once' ? ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering'] : ['--wasm-tier-up', '--wasm-dynamic-tiering']
  for (const flag of flags) setFlagsFromString(flag)
}
