import type { Party } from '../errors.ts'
import type { Endpoint, NoticeReport, RunReport, RunVerdict, StatusReport, VerifiedObject } from './result.ts'
import type { ArchiveReport } from './restore-report.ts'
import type { ScriptReport } from './script-report.ts'
import type { RolesReport } from './roles-report.ts'

/** What the migration of a whole server returns, and the restore of one. Plain JSON without secrets. */
export interface ServerReport {
  /** The databases that the connection strings name: where the two servers are asked. Of a restore: what was dumped. */
  source: Endpoint
  /** Of a restore: the folder that it is from. */
  folder?: string
  target: Endpoint
  /** ISO 8601, UTC; of the first process that worked on the run. */
  startedAt: string
  /** Of this process. */
  ms: number
  /** SAME where roles and every database are; SKIPPED where nobody wanted a comparison. */
  verdict: RunVerdict
  /** What was made by all processes of the run, and how source and target compare now. */
  roles: RolesReport
  databases: DatabaseReport[]
  /** Databases of the source that were no part of the run. */
  leftOut: LeftOutDatabase[]
  notices: NoticeReport[]
}

/** `done`: nothing failed; `partial`: steps have failed; `failed`: it could not be done, for the reason in `error`. */
export type DatabaseState = 'waiting' | 'started' | 'done' | 'partial' | 'failed'

export interface DatabaseReport {
  database: string
  state: DatabaseState
  /** Of its content and of its properties; DIFFERENT where it could not be done. */
  verdict: RunVerdict
  /** What its tables took on the source's disk when the run began, in bytes; undefined where that could not be seen. */
  bytes?: number
  /** `earlier`: another process of this run has done it, and it was not copied again. */
  when: 'now' | 'earlier'
  /** What is compared of the database itself: owner, locale, settings, grants and the like. */
  properties: VerifiedObject[]
  /** Where it came to an end, with or without failures. */
  run?: RunReport & { archive?: ArchiveReport; script?: ScriptReport['script'] }
  error?: DatabaseError
}

export interface DatabaseError {
  code: string
  message: string
  hint?: string
  party: Party
}

export interface LeftOutDatabase {
  database: string
  reason: 'template' | 'reserved' | 'broken' | 'no-connections' | 'empty' | 'excluded'
  /** One sentence. */
  message: string
}

/** Where the run of a whole server stands, as its record on the target tells it. */
export interface ServerStatusReport {
  target: Endpoint
  /** The source, described without secrets. */
  source: string
  /** Of a restore: the folder that it is from. */
  folder?: string
  startedAt: string
  /** `running` where a live session holds the run; `broken` where none does and something is left. */
  state: 'running' | 'broken' | 'finished'
  databases: DatabaseStatus[]
}

export interface DatabaseStatus {
  database: string
  state: DatabaseState
  bytes?: number
  /** Of a database that is done. */
  verdict?: RunVerdict
  /** Of a database that has a ledger. */
  run?: StatusReport
  error?: DatabaseError
}
