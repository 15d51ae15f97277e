import type { SourceSnapshot } from '../catalog/index.ts'
import type { WriteCounters } from '../catalog/index.ts'
import type { Ledger } from '../engine/index.ts'
import type { Work } from '../plan/index.ts'
import type { Chosen } from './choices.ts'
import type { RunLog } from './run-log.ts'
import type { Servers } from './servers.ts'

/** What the ledger keeps of a run beside its steps: enough to go on in another process. Plain JSON, no secret. */
export interface RunNotes {
  choices: Chosen
  /** What had been written to each table of the source when the snapshot was taken. */
  writes: WriteCounters
  /** Tables, as `schema.name`, whose rows were left out by request: they are not compared. */
  rowsLeftOut: string[]
  /** What to make of objects that only the target holds: it may have held them before. */
  extraObjects: 'report' | 'ignore'
}

/** A run in this process, from the ledger on. */
export interface Migration {
  servers: Servers
  snapshot: SourceSnapshot
  ledger: Ledger<Work>
  notes: RunNotes
  jobs: number
  pgDump: string | undefined
  log: RunLog
  signal: AbortSignal | undefined
}
