import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'

/** The advisory lock of a database's ledger: "pgleap" in ASCII. Advisory locks belong to one database. */
const KEY = 123_589_502_525_808

/**
 * Lets one process at a time work on a ledger. The lock belongs to a session of its own, so it ends with the process
 * that holds it, however that ends.
 */
export class RunLock implements AsyncDisposable {
  readonly #open: (signal?: AbortSignal) => Promise<Session>
  #session: Session | undefined

  private constructor(open: (signal?: AbortSignal) => Promise<Session>) {
    this.#open = open
  }

  /** Throws `ledger.locked` where another process works on the target. `open` opens an idle session on the target. */
  static async acquire(open: (signal?: AbortSignal) => Promise<Session>, signal?: AbortSignal): Promise<RunLock> {
    const lock = new RunLock(open)
    await lock.ensure(signal)
    return lock
  }

  /** Takes the lock again where its session was lost. Throws `ledger.locked` where another process was faster. */
  async ensure(signal?: AbortSignal): Promise<void> {
    const before = this.#session
    if (before?.broken === false) return
    const session = await this.#open(signal)
    try {
      await takeLock(session, before?.pid)
    } catch (error) {
      await session.close()
      throw error
    }
    await before?.close()
    this.#session = session
  }

  async release(): Promise<void> {
    await this.#session?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }
}

/** `ownBefore` is the server process of our lost session, which may not know yet that we are gone. */
async function takeLock(session: Session, ownBefore: number | undefined): Promise<void> {
  for (;;) {
    const [row] = await session.query<{ locked: boolean }>('SELECT pg_catalog.pg_try_advisory_lock($1) AS locked', [
      KEY,
    ])
    if (row?.locked === true) return
    const holder = await lockHolder(session)
    if (holder === undefined) continue
    if (holder !== ownBefore) throw lockedBy(holder)
    await session.query('SELECT pg_catalog.pg_terminate_backend($1), pg_catalog.pg_sleep(0.1)', [holder])
  }
}

/** The server process that holds the lock of this database's ledger. */
export async function lockHolder(session: Session): Promise<number | undefined> {
  const [holder] = await session.query<{ pid: number }>(
    `SELECT pid FROM pg_catalog.pg_locks
     WHERE locktype = 'advisory' AND granted AND objsubid = 1
       AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
       AND (classid::bigint << 32) | objid::bigint = $1`,
    [KEY],
  )
  return holder?.pid
}

function lockedBy(pid: number): PgleapError {
  return new PgleapError({
    code: 'ledger.locked',
    message: `Another pgleap works on this target (server process ${String(pid)}).`,
    hint: `Wait for it, or stop it. If it is gone for good: SELECT pg_terminate_backend(${String(pid)}) on the target.`,
    party: 'target',
  })
}
