import type { ConnectionInfo, Session } from '../../connection/index.ts'
import type { Ledger } from '../../engine/index.ts'
import { openSession, type RunLog } from '../../migrate/index.ts'
import type { Definitions, RestoreWork } from '../../plan/index.ts'
import type { Files } from './files.ts'
import type { RestoreNotes } from './run-notes.ts'
import type { View } from './view.ts'

/** A restore in this process, from its ledger on. */
export interface Restoring {
  files: Files
  target: Target
  view: View
  ledger: Ledger<RestoreWork>
  notes: RestoreNotes
  /** What the ledger only names. */
  definitions: Definitions
  /** The source, where somebody has named it. */
  source: ConnectionInfo | undefined
  jobs: number
  pgDump: string | undefined
  log: RunLog
  signal: AbortSignal | undefined
}

/** The database that is filled, and how to open sessions on it with the settings that our work needs. */
export interface Target {
  info: ConnectionInfo
  open(purpose: string, signal?: AbortSignal): Promise<Session>
}

export function targetOf(info: ConnectionInfo): Target {
  return { info, open: (purpose, signal) => openSession(info, 'target', purpose, signal) }
}
