import type { ServerFields } from '../connection/index.ts'
import { parseError } from '../wire/index.ts'

/** A message of the protocol: type, length, body (PostgreSQL docs, "Message Formats"). */
const HEADER = 5
const READY_FOR_QUERY = 0x5a
const ERROR_RESPONSE = 0x45

export interface Answer {
  /** All messages up to and including ReadyForQuery. */
  bytes: Buffer
  /** The last error among them. */
  error: ServerFields | undefined
}

/** Collects a server's messages, however the network cuts them, until one answer is complete. */
export class AnswerCollector {
  #chunks: Buffer[] = []
  #size = 0
  /** Nothing more can be told before this many bytes are there. */
  #wanted = HEADER
  #messages: Buffer[] = []
  #error: ServerFields | undefined

  /** Set once the server has said why it goes away, or before an answer is complete. */
  get error(): ServerFields | undefined {
    return this.#error
  }

  push(chunk: Buffer): Answer | undefined {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size < this.#wanted) return undefined
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)
    const { end, ready } = this.#walk(bytes)
    if (end > 0) this.#messages.push(bytes.subarray(0, end))
    this.#chunks = end < bytes.length ? [bytes.subarray(end)] : []
    this.#size = bytes.length - end
    return ready === 'yes' ? this.#take() : undefined
  }

  /** Walks whole messages; we send one request at a time, so that nothing but a notice follows ReadyForQuery. */
  #walk(bytes: Buffer): { end: number; ready: 'yes' | 'no' } {
    let end = 0
    let ready: 'yes' | 'no' = 'no'
    this.#wanted = HEADER
    while (bytes.length - end >= HEADER) {
      const length = bytes.readUInt32BE(end + 1) + 1
      if (bytes.length - end < length) {
        this.#wanted = length
        break
      }
      const type = bytes[end]
      if (type === READY_FOR_QUERY) ready = 'yes'
      if (type === ERROR_RESPONSE) this.#error = parseError(bytes.subarray(end + HEADER, end + length))
      end += length
    }
    return { end, ready }
  }

  #take(): Answer {
    const answer = { bytes: Buffer.concat(this.#messages), error: this.#error }
    this.#messages = []
    this.#error = undefined
    return answer
  }
}

/** What a server says after a login without a password: AuthenticationOk, its parameters, BackendKeyData, ReadyForQuery. */
export function loginAnswer(parameters: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat([
    message('R', Buffer.alloc(4)),
    ...Object.entries(parameters).map(([name, value]) => message('S', Buffer.from(`${name}\0${value}\0`))),
    message('K', Buffer.alloc(8)),
    message('Z', Buffer.from('I')),
  ])
}

function message(type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER)
  header.write(type, 'latin1')
  header.writeUInt32BE(4 + body.length, 1)
  return Buffer.concat([header, body])
}
