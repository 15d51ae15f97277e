import { connect, parseConnection, type ConnectionInfo, type Session, type Side } from '../connection/index.ts'

/** Both servers of an online migration, whichever is written to. */
export interface Sides {
  source: ConnectionInfo
  target: ConnectionInfo
  /** A session of ours; it may write although the database is closed to the application. The caller closes it. */
  open: (side: Side, purpose: string) => Promise<Session>
}

/** Where our machine is gone, the server ends what it held (the locks of the freeze, too) within a minute, not after two hours. */
const KEEPALIVES = { tcp_keepalives_idle: '20', tcp_keepalives_interval: '5', tcp_keepalives_count: '4' }

export function sidesOf(source: string, target: string, signal: AbortSignal | undefined): Sides {
  const infos = { source: parseConnection(source), target: parseConnection(target) }
  return {
    ...infos,
    open: (side, purpose) =>
      connect(infos[side], {
        side,
        purpose,
        signal,
        // What we write down, and which side is open, must not be lost in a crash.
        settings: { default_transaction_read_only: 'off', synchronous_commit: 'on', ...KEEPALIVES },
      }),
  }
}

export function otherSide(side: Side): Side {
  return side === 'source' ? 'target' : 'source'
}
