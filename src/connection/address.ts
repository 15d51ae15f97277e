import type { ConnectionInfo } from './info.ts'
import type { Session } from './session.ts'

/** Where a session is, without any secret: for reports. */
export interface Address {
  host: string
  port: number
  database: string
  user: string
  /** For example `17.10`. */
  version: string
}

/** The address is the first that the connection string names. */
export function addressOf(info: ConnectionInfo, session: Session): Address {
  const [host] = info.hosts
  return {
    host: host?.host ?? '',
    port: host?.port ?? 5432,
    database: session.database,
    user: session.user,
    version: `${String(session.major)}.${String(session.version % 10_000)}`,
  }
}
