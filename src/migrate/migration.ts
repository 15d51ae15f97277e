import type { Archive } from '../archive/index.ts'
import type { SourceSnapshot, WriteCounters } from '../catalog/index.ts'
import type { Ledger, RunRecord } from '../engine/index.ts'
import { PgleapError } from '../errors.ts'
import type { Definitions, Work } from '../plan/index.ts'
import type { RunReport } from '../report/index.ts'
import type { SequencePosition } from '../verify/index.ts'
import type { Chosen } from './choices.ts'
import type { Providers } from './providers.ts'
import type { RunLog } from './run-log.ts'
import type { Servers } from './servers.ts'

/** What the ledger keeps of a run beside its steps: enough to go on in another process. Plain JSON, no secret. */
export interface RunNotes {
  choices: Chosen
  /** What had been written to each table of the source when the snapshot was taken. */
  writes: WriteCounters
  /** Where the source's sequences stood, by `schema.name`, when that snapshot had been taken; absent where they are not compared. */
  sequences?: { snapshot: string; positions: Record<string, SequencePosition> }
  /** Tables, as `schema.name`, whose rows were left out by request: they are not compared. */
  rowsLeftOut: string[]
  /** What to make of objects that only the target holds: it may have held them before. */
  extraObjects: 'report' | 'ignore'
  /** Whether the run has made the target database, or found it; absent where it is not compared as such. */
  database?: 'created' | 'found'
  /** Whose services are on both ends, whose rules the run follows to its end. */
  providers?: Providers
  /** Names on the target of the services' own roles. */
  owners?: Readonly<Record<string, string>>
}

/** What the run of a whole server knows, and wants to know, of the run of one of its databases. */
export interface LargerRun {
  /** Whether the target database, where it is there already, was made by the larger run. @defaultValue 'found' */
  created?: 'created' | 'found'
  /** Whether the larger run has asked the checks that are about the servers. @defaultValue 'not-yet' */
  serverChecks?: 'done' | 'not-yet'
  /** Where the database is made. @defaultValue the target's default tablespace */
  tablespace?: string | undefined
  /** Gets the report before the ledger is dropped: one of the two always tells how the run ended. */
  onReport?: ((report: RunReport) => Promise<void>) | undefined
}

/** A run in this process, from the ledger on. */
export interface Migration {
  servers: Servers
  snapshot: SourceSnapshot
  ledger: Ledger<Work>
  notes: RunNotes
  /** What the ledger only names; undefined where no step that is left asks for any. */
  definitions: Definitions | undefined
  /** The source's schema in the snapshot, where this process has read it already. */
  archive: Archive | undefined
  jobs: number
  pgDump: string | undefined
  log: RunLog
  signal: AbortSignal | undefined
  onReport?: LargerRun['onReport']
}

/**
 * @throws PgleapError `ledger.damaged` where the ledger's notes are not those of a migration, `resume.restore` where they are
 *   those of a restore
 */
export function notesOf({ run }: Ledger<Work>): RunNotes {
  refuseRestore(run)
  if (isNotes(run.options)) return run.options
  throw new PgleapError({
    code: 'ledger.damaged',
    message: 'The ledger in the target cannot be trusted: what it notes of the run is incomplete.',
    hint: 'Empty the target, drop its schema pgleap, and start anew.',
    party: 'target',
  })
}

/**
 * A restore from files has a ledger, too, and goes on by itself alone.
 * @throws PgleapError `resume.restore`
 */
export function refuseRestore({ source }: Pick<RunRecord, 'source'>): void {
  if (source['archive'] === undefined) return
  throw new PgleapError({
    code: 'resume.restore',
    message: `The target holds an unfinished restore of ${source['archive']}.`,
    hint: 'Go on with it by the same "pgleap restore" command, or give up on it: empty the target, drop its schema pgleap, and start anew.',
    party: 'usage',
  })
}

function isNotes(options: object): options is RunNotes {
  return ['choices', 'writes', 'rowsLeftOut', 'extraObjects'].every((key) => key in options)
}
