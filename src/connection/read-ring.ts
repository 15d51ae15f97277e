import type { OnReadOpts, Socket } from 'node:net'

/** What one read may bring: fewer and larger reads cost less than many of Node's own 64 KB. */
const READ_BYTES = 256 * 1024
/** What is read stays as it is until this much more has been read, less what one read may bring. */
const RING_BYTES = 8 * READ_BYTES

/**
 * Reads of a socket go to a ring of memory instead of to a new buffer each: a COPY of a gigabyte would leave twenty
 * thousand buffers to the garbage collector, which takes it longer than all the rest of our work. Whoever listens gets a
 * copy, but for the relay, which asks for the ring itself (`shared`) and is done with a read before the ring comes round.
 */
export class ReadRing {
  readonly #memory = Buffer.allocUnsafeSlow(RING_BYTES)
  /** Where the next read goes; Node is given the place before it is known who will get what comes. */
  #at = 0
  #socket: Socket | undefined
  #reads: 'copied' | 'shared' = 'copied'

  /** For `net.createConnection`; `attach` has to follow before anything is read. */
  readonly onread: OnReadOpts = {
    buffer: () => this.#memory.subarray(this.#at, this.#at + READ_BYTES),
    callback: (bytes) => {
      this.#read(bytes)
      return true
    },
  }

  attach(socket: Socket): void {
    this.#socket = socket
    rings.set(socket, this)
  }

  /** Chunks of 'data' events are copies that the listener may keep, or, until told otherwise, pieces of the ring. */
  give(reads: 'copied' | 'shared'): void {
    this.#reads = reads
  }

  #read(bytes: number): void {
    const chunk = this.#memory.subarray(this.#at, this.#at + bytes)
    if (this.#reads === 'copied') {
      this.#socket?.push(Buffer.from(chunk))
      return
    }
    this.#at += bytes
    if (this.#at + READ_BYTES > RING_BYTES) this.#at = 0
    this.#socket?.emit('data', chunk)
  }
}

const rings = new WeakMap<object, ReadRing>()

/** The ring of a socket; undefined for TLS, which decrypts into buffers of its own. */
export function ringOf(socket: object): ReadRing | undefined {
  return rings.get(socket)
}
