import type { SourceSnapshot } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import type { Worker } from '../engine/index.ts'
import type { Servers } from './servers.ts'

/** One of the run's workers: a session on the target, and, once a step reads rows, one in the source's snapshot. */
export class MigrationWorker implements Worker {
  readonly target: Session
  readonly #snapshot: SourceSnapshot
  #reader: Session | undefined

  constructor(target: Session, snapshot: SourceSnapshot) {
    this.target = target
    this.#snapshot = snapshot
  }

  /** Lends the worker's session in the snapshot; after a failure it is brought back into the snapshot, or given up. */
  async reading<T>(signal: AbortSignal, read: (source: Session) => Promise<T>): Promise<T> {
    if (this.#reader?.broken === true) await this.#giveUp()
    const reader = (this.#reader ??= await this.#snapshot.openReader(signal))
    try {
      await reader.script('SAVEPOINT pgleap_unread')
      const result = await read(reader)
      // Gives up the table's lock: who waits for it would wait for us to the end, and the next of us behind him, for ever.
      await reader.script('ROLLBACK TO SAVEPOINT pgleap_unread; RELEASE SAVEPOINT pgleap_unread')
      return result
    } catch (error) {
      // Whether the reader can go on or not, what failed is for the engine to judge.
      if (!reader.broken) await this.#snapshot.rejoin(reader, signal).catch(() => this.#giveUp())
      throw error
    }
  }

  async cancel(): Promise<void> {
    await Promise.all([this.target.cancel(), this.#reader?.cancel()])
  }

  async close(): Promise<void> {
    await Promise.all([this.#giveUp(), this.target.close()])
  }

  async #giveUp(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    await reader?.close()
  }
}

/** `settings` are statements for the target's session: what index builds may use. */
export async function openWorker(
  servers: Servers,
  snapshot: SourceSnapshot,
  settings: string,
  signal: AbortSignal,
): Promise<MigrationWorker> {
  const target = await servers.openTarget('worker', signal)
  try {
    await target.script(settings)
    return new MigrationWorker(target, snapshot)
  } catch (error) {
    await target.close()
    throw error
  }
}
