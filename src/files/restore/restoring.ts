import type { ConnectionInfo, Session } from '../../connection/index.ts'
import type { Ledger } from '../../engine/index.ts'
import { openSession, type RunLog } from '../../migrate/index.ts'
import type { Definitions, RestoreWork } from '../../plan/index.ts'
import type { RestoreReport } from '../../report/index.ts'
import type { Files } from './files.ts'
import type { RestoreNotes } from './run-notes.ts'
import type { View } from './view.ts'

/** What the restore of a whole server knows, and wants to know, of the restore of one of its databases. */
export interface LargerRestore {
  /** Whether each file of the archive has been compared with its manifest. @defaultValue 'not-yet' */
  proved?: 'done' | 'not-yet' | undefined
  /** Whether the target database, where it is there already, was made by the larger restore. @defaultValue 'found' */
  created?: 'created' | 'found'
  /** Where the database is made. @defaultValue the target's default tablespace */
  tablespace?: string | undefined
  /** Gets the report before the ledger is dropped: one of the two always tells how the restore ended. */
  onReport?: ((report: RestoreReport) => Promise<void>) | undefined
}

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
  onReport: LargerRestore['onReport']
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
