import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'

/** Advisory locks of the target database: the run's ("pgleap" in ASCII) and, next to it, that of its workers. */
const RUN_KEY = 123_589_502_525_808
const WORKER_KEY = RUN_KEY + 1

/** A process that was killed a moment ago may still hold the lock: so often, and so long apart, it is asked for. */
const TRIES = 10
const TRY_EVERY_MS = 200
const POLL_MS = 20

/**
 * Lets one process at a time work on a ledger. The lock belongs to a session of its own, so it ends with the process
 * that holds it, however that ends.
 *
 * Invariant: who holds the run's lock is alone. A killed process leaves server processes behind that work on, and that
 * would commit a step after somebody else has read that it is not done; so whoever takes the lock ends those first.
 */
export class RunLock implements AsyncDisposable {
  readonly #open: (signal?: AbortSignal) => Promise<Session>
  #session: Session | undefined
  #ensuring: Promise<void> | undefined

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
    if (this.#session?.broken === false) return
    this.#ensuring ??= this.#take(signal)
    try {
      await this.#ensuring
    } finally {
      this.#ensuring = undefined
    }
  }

  async release(): Promise<void> {
    await this.#session?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }

  async #take(signal: AbortSignal | undefined): Promise<void> {
    const before = this.#session
    const session = await this.#open(signal)
    try {
      // The server may not know yet that our own session is gone.
      if (before !== undefined) await endHolders(session, RUN_KEY, before.pid, signal)
      await tryLock(session, signal)
      await endHolders(session, WORKER_KEY, undefined, signal)
    } catch (error) {
      await session.close()
      throw error
    }
    await before?.close()
    this.#session = session
  }
}

/** Marks a session as one that does steps, so that it can be ended should it outlive its process. */
export async function markWorker(session: Session): Promise<void> {
  await session.query('SELECT pg_catalog.pg_advisory_lock_shared($1)', [WORKER_KEY])
}

/**
 * Ends what is left on the server of a worker whose connection was lost, and waits until it is gone: before that, the
 * ledger does not say yet what became of its transaction.
 */
export async function endWorker(session: Session, pid: number, signal: AbortSignal): Promise<void> {
  await endHolders(session, WORKER_KEY, pid, signal)
}

/** The server process that holds the run's lock on this database. */
export async function lockHolder(session: Session): Promise<number | undefined> {
  const [holder] = await holders(session, RUN_KEY)
  return holder
}

async function tryLock(session: Session, signal: AbortSignal | undefined): Promise<void> {
  for (let left = TRIES; left > 0; left -= 1) {
    const [row] = await session.query<{ locked: boolean }>('SELECT pg_catalog.pg_try_advisory_lock($1) AS locked', [
      RUN_KEY,
    ])
    if (row?.locked === true) return
    await sleep(TRY_EVERY_MS, undefined, { signal })
  }
  throw lockedBy(await lockHolder(session))
}

async function endHolders(
  session: Session,
  key: number,
  only: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (;;) {
    const pids = (await holders(session, key)).filter((pid) => pid !== session.pid && pid === (only ?? pid))
    if (pids.length === 0) return
    await session.query('SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.unnest($1::integer[]) AS pid', [
      pids,
    ])
    await sleep(POLL_MS, undefined, { signal })
  }
}

async function holders(session: Session, key: number): Promise<number[]> {
  const rows = await session.query<{ pid: number }>(
    `SELECT pid FROM pg_catalog.pg_locks
     WHERE locktype = 'advisory' AND granted AND objsubid = 1
       AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
       AND (classid::bigint << 32) | objid::bigint = $1`,
    [key],
  )
  return rows.map(({ pid }) => pid)
}

function lockedBy(pid: number | undefined): PgleapError {
  const who = pid === undefined ? '' : ` (server process ${String(pid)})`
  return new PgleapError({
    code: 'ledger.locked',
    message: `Another pgleap works on this target${who}.`,
    hint: 'Wait for it, or stop it. If its machine is gone: end that server process with pg_terminate_backend on the target.',
    party: 'target',
  })
}
