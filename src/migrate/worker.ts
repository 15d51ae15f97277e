import type { SourceSnapshot } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import type { Servers } from './servers.ts'

/** One of the run's workers: a session on the target, and, once a step reads rows, one in the source's snapshot. */
export class Worker {
  readonly target: Session
  readonly #snapshot: SourceSnapshot
  #reader: Session | undefined

  constructor(target: Session, snapshot: SourceSnapshot) {
    this.target = target
    this.#snapshot = snapshot
  }

  /** The worker's session in the snapshot, usable: one that a failed step has left in a failed transaction joins again. */
  async source(signal?: AbortSignal): Promise<Session> {
    if (this.#reader?.broken === true) await this.#drop()
    this.#reader ??= await this.#snapshot.openReader(signal)
    return this.#reader
  }

  /** To be called when a step has failed while it read: the next one gets a clean transaction. */
  async readFailed(signal?: AbortSignal): Promise<void> {
    const reader = this.#reader
    if (reader === undefined) return
    if (reader.broken) return this.#drop()
    await this.#snapshot.rejoin(reader, signal)
  }

  async close(): Promise<void> {
    await this.#drop()
    await this.target.close()
  }

  /** Cancels what the worker's sessions run on the servers. */
  async cancel(): Promise<void> {
    await Promise.all([this.target.cancel(), this.#reader?.cancel()])
  }

  async #drop(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    await reader?.close()
  }
}

export async function openWorker(
  servers: Servers,
  snapshot: SourceSnapshot,
  settings: string,
  signal?: AbortSignal,
): Promise<Worker> {
  const target = await servers.openTarget('worker', signal)
  try {
    await target.script(settings)
    return new Worker(target, snapshot)
  } catch (error) {
    await target.close()
    throw error
  }
}
