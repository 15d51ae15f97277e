import { DatabaseError, type Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { quoteLiteral } from '../sql.ts'
import { statement } from './statements.ts'

const identitySql = statement('identity', [12])

/** Opens one more session on the source. */
export type OpenSession = (signal?: AbortSignal) => Promise<Session>

export interface SnapshotOptions {
  signal?: AbortSignal | undefined
  /** Name of a snapshot that somebody else exports, with a replication slot for one: that moment, and no other. */
  imported?: string | undefined
  /** `identity` of the snapshot that an earlier process of this run read from. */
  earlier?: string | undefined
  /** What to do where that moment can no longer be read: refuse, or go on with a new one. */
  whenLost?: 'refuse' | 'replace' | undefined
  /**
   * Called with every session that becomes the keeper, inside its transaction, before anyone else reads from it: the place
   * to lock the tables.
   */
  onKeeper?: ((keeper: Session) => Promise<void>) | undefined
}

/** A session inside the snapshot and the name under which it exports it to others. */
interface Holder {
  session: Session
  exported: string
}

/**
 * One moment of the source, which any number of sessions read (invariant 2).
 *
 * The keeper is a session that only holds the snapshot. Every reader imports it and exports it again, so the moment lives
 * as long as any of them does: when the keeper is lost, a new one imports it from a reader. When all are lost, the moment
 * is over, unless a new snapshot can be shown to see exactly the same.
 */
export class SourceSnapshot implements AsyncDisposable {
  /**
   * What identifies the moment across processes; plain text for the ledger. Two snapshots with the same identity see the
   * same rows (see `identify`).
   */
  readonly identity: string
  /** Whether this is the first snapshot, one that sees the same as the earlier one, or one that replaced a lost one. */
  readonly continuity: 'first' | 'same' | 'new'
  readonly #open: OpenSession
  readonly #onKeeper: (keeper: Session) => Promise<void>
  #keeper: Holder
  #readers: Holder[] = []
  /** Keepers are replaced one at a time, however many readers ask at once. */
  #replacing: Promise<void> | undefined
  #keeperWasReplaced = false

  private constructor(
    open: OpenSession,
    onKeeper: (keeper: Session) => Promise<void>,
    keeper: Holder,
    identity: string,
    continuity: 'first' | 'same' | 'new',
  ) {
    this.#open = open
    this.#onKeeper = onKeeper
    this.#keeper = keeper
    this.identity = identity
    this.continuity = continuity
  }

  /**
   * Takes a snapshot of the source, or, with `earlier`, comes back to the moment of an earlier process.
   *
   * @throws PgleapError `snapshot.lost` where that moment is over and `whenLost` is `refuse` (the default)
   */
  static async take(
    open: OpenSession,
    { signal, imported, earlier, whenLost = 'refuse', onKeeper = async () => {} }: SnapshotOptions = {},
  ): Promise<SourceSnapshot> {
    const { holder, identity } = await begin(open, signal, imported)
    try {
      const same = earlier !== undefined && showsTheSame(earlier, identity)
      if (earlier !== undefined && !same && whenLost === 'refuse') throw lost()
      await onKeeper(holder.session)
      const continuity = earlier === undefined ? 'first' : same ? 'same' : 'new'
      return new SourceSnapshot(open, onKeeper, holder, same ? earlier : identity, continuity)
    } catch (error) {
      await holder.session.close()
      throw error
    }
  }

  /** The session that holds the snapshot, for short queries in it: at most one user at a time. */
  get keeper(): Session {
    return this.#keeper.session
  }

  /** True where there was a time without a keeper, in which nobody held what no reader was reading; see `assertNotReplaced`. */
  get keeperWasReplaced(): boolean {
    return this.#keeperWasReplaced
  }

  /** The name to hand to others who import the snapshot, `pg_dump --snapshot` for one. */
  get exported(): string {
    return this.#keeper.exported
  }

  /**
   * A session of the caller's own inside the snapshot, READ ONLY; the caller closes it.
   *
   * @throws PgleapError `snapshot.lost` where the moment is over
   */
  async openReader(signal?: AbortSignal): Promise<Session> {
    if (this.#keeper.session.broken) await this.#replace(signal)
    const session = await this.#open(signal)
    try {
      await this.#join(session, signal)
      return session
    } catch (error) {
      await session.close()
      throw error
    }
  }

  /**
   * Brings a reader whose transaction failed back into the snapshot, on its own connection.
   *
   * @throws PgleapError `snapshot.lost` where the moment is over
   */
  async rejoin(reader: Session, signal?: AbortSignal): Promise<void> {
    this.#readers = this.#readers.filter((holder) => holder.session !== reader)
    await reader.script('ROLLBACK')
    if (this.#keeper.session.broken) await this.#replace(signal)
    await this.#join(reader, signal)
  }

  /** Ends the snapshot for everybody, readers included: nobody is going to read any more. */
  async release(): Promise<void> {
    const readers = this.#readers.splice(0)
    await Promise.all([this[Symbol.asyncDispose](), ...readers.map(({ session }) => session.close())])
  }

  /** Ends the snapshot: closes the keeper. Readers are their callers' to close. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#replacing?.catch(() => undefined)
    await this.#keeper.session.close()
  }

  async #join(session: Session, signal: AbortSignal | undefined): Promise<void> {
    let exported = await this.#import(session)
    if (exported === undefined) {
      await this.#replace(signal)
      exported = await this.#import(session)
    }
    if (exported === undefined) throw lost()
    this.#readers = this.#readers.filter((holder) => !holder.session.broken)
    this.#readers.push({ session, exported })
  }

  /**
   * Tries the keeper first, then each reader: a lost connection is not always known to be lost. Undefined where nobody
   * holds the snapshot any more.
   */
  async #import(session: Session): Promise<string | undefined> {
    for (const holder of [this.#keeper, ...this.#readers]) {
      if (holder.session.broken) continue
      const exported = await importSnapshot(session, holder.exported)
      if (exported !== undefined) return exported
    }
    return undefined
  }

  async #replace(signal: AbortSignal | undefined): Promise<void> {
    this.#replacing ??= this.#replaceKeeper(signal).finally(() => {
      this.#replacing = undefined
    })
    await this.#replacing
  }

  async #replaceKeeper(signal: AbortSignal | undefined): Promise<void> {
    const successor = await this.#successor(signal)
    try {
      await this.#onKeeper(successor.session)
    } catch (error) {
      await successor.session.close()
      throw error
    }
    const before = this.#keeper.session
    this.#keeper = successor
    this.#keeperWasReplaced = true
    await before.close()
  }

  async #successor(signal: AbortSignal | undefined): Promise<Holder> {
    const session = await this.#open(signal)
    try {
      const exported = await this.#import(session)
      if (exported !== undefined) return { session, exported }
    } catch (error) {
      await session.close()
      throw error
    }
    await session.close()
    const { holder, identity } = await begin(this.#open, signal)
    if (showsTheSame(this.identity, identity)) return holder
    await holder.session.close()
    throw lost()
  }
}

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'
const EXPORT = 'SELECT pg_catalog.pg_export_snapshot() AS exported'

/** ImportSnapshot (snapmgr.c): no such file is 22023, from 17 on 42704; an exporter that has just ended is 55000. */
const NO_SUCH_SNAPSHOT: readonly string[] = ['22023', '42704', '55000']

async function begin(
  open: OpenSession,
  signal: AbortSignal | undefined,
  imported?: string,
): Promise<{ holder: Holder; identity: string }> {
  const session = await open(signal)
  try {
    if (imported === undefined) await session.script(BEGIN)
    const exported = await (imported === undefined ? exportSnapshot(session) : importSnapshot(session, imported))
    if (exported === undefined) throw lost()
    return { holder: { session, exported }, identity: await identify(session) }
  } catch (error) {
    await session.close()
    throw error
  }
}

async function exportSnapshot(session: Session): Promise<string> {
  const [row] = await session.query<{ exported: string }>(EXPORT)
  return row?.exported ?? ''
}

/** Opens a transaction in an exported snapshot and exports it again; undefined where it is gone (no transaction is open then). */
async function importSnapshot(session: Session, exported: string): Promise<string | undefined> {
  try {
    await session.script(`${BEGIN}; SET TRANSACTION SNAPSHOT ${quoteLiteral(exported)}`)
  } catch (error) {
    if (!(error instanceof DatabaseError && NO_SUCH_SNAPSHOT.includes(error.server.sqlstate))) throw error
    await session.script('ROLLBACK')
    return undefined
  }
  return exportSnapshot(session)
}

interface IdentityRow {
  snapshot: string
  is_standby: boolean
  system_identifier: string
  started: string
  has_unlogged: boolean
}

/**
 * The snapshot as text (xmin:xmax:in-progress) names the transactions that it sees. Whatever changes a row takes a
 * transaction id first, so an equal text at a later moment proves that nothing was written in between. Two holes are
 * closed here: a crash empties unlogged tables without a transaction, so with such tables the server must not have been
 * restarted; and on a standby the text leaves out which transactions are in progress, so it proves nothing.
 */
async function identify(session: Session): Promise<string> {
  const [row] = await session.query<IdentityRow>(identitySql(session.major))
  if (row === undefined || row.is_standby) return `standby ${String(Date.now())} ${String(session.pid)}`
  return [row.system_identifier, session.database, row.snapshot, row.has_unlogged ? row.started : '-'].join(' ')
}

function showsTheSame(earlier: string, now: string): boolean {
  return earlier === now && !now.startsWith('standby ')
}

function lost(): PgleapError {
  return new PgleapError({
    code: 'snapshot.lost',
    message:
      'The moment of the source that this run reads is over: every connection that held it is lost, and the source has been written to since',
    hint: 'Run again with --allow-new-snapshot: tables that are not complete are then copied anew, from a new moment.',
    party: 'source',
  })
}
