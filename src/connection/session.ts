import type { Duplex } from 'node:stream'

export type Side = 'source' | 'target'

/**
 * One logged-in session with our settings. Made by `connect`; closing it rolls back whatever it had open. What is asked
 * while it is busy waits for its turn.
 */
export interface Session extends AsyncDisposable {
  readonly side: Side
  /** server_version_num, for example 170010. */
  readonly version: number
  /** For example 17. */
  readonly major: number
  readonly pid: number
  readonly user: string
  readonly database: string
  /** True once the connection is lost; nothing but closing it helps then. */
  readonly broken: boolean
  /**
   * Runs one statement with parameters. int8 and oid arrive as numbers (cast to text in SQL what may pass 2^53),
   * numeric as text. Throws PgleapError (see `databaseError`) with the server's SQLSTATE.
   */
  query<R extends object = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<R[]>
  /** Runs one or several statements by the simple protocol, in one round trip, and drops their rows. */
  script(sql: string): Promise<void>
  /** Asks the server to cancel what the session runs now, on a connection of its own. Never throws. */
  cancel(): Promise<void>
  /**
   * Lends the socket, idle after ReadyForQuery, to code that speaks the protocol itself (wire/), and takes it back when
   * the callback settles: by then the server must be at ReadyForQuery again, or the socket destroyed. A rejection with
   * a PgleapError promises that, too; after any other error the socket is destroyed here. The socket flows: listen to
   * it before you write, and end no stream. An abort of the session's signal is left to the borrower. With `shared` reads,
   * a chunk of 'data' stays as it is for the next megabyte alone: for a borrower who passes it on and forgets it.
   */
  withSocket<T>(use: (socket: Duplex) => Promise<T>, reads?: 'copied' | 'shared'): Promise<T>
  /** Says goodbye; where something still runs, or ran when the connection was lost, cancels that first. Never throws. */
  close(): Promise<void>
}
