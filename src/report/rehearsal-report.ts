import type { Endpoint, NoticeReport } from './result.ts'

/** What `rehearse` returns: what would happen to the source's schema on the target's version. Plain JSON without secrets. */
export interface RehearsalReport {
  source: Endpoint
  /** Where it was tried: a database that is gone by now. */
  scratch: Endpoint & { server: 'target' | 'embedded' }
  /** ISO 8601, UTC. */
  startedAt: string
  ms: number
  verdict: RehearsalVerdict
  objects: { tried: number; arrived: number; failed: number; blocked: number }
  /** Each object that fails by itself. */
  failures: RehearsalFailure[]
  /** Objects that were not tried, since something that they need fails. */
  blocked: { object: string; because: string }[]
  bodies: BodiesReport
  notices: NoticeReport[]
  space: SpaceReport
  /** Where the data was copied, too. */
  prediction?: Prediction
}

/** ARRIVES: every object was made there, and every body that could be looked at is understood. */
export type RehearsalVerdict = 'ARRIVES' | 'FAILS'

export interface RehearsalFailure {
  /** Kind and name: `view public.totals`. */
  object: string
  /** What failed: making the object, its body once it was made, or filling it. */
  what: 'object' | 'body' | 'data'
  /** The source's SQL; absent where it may hold a password, and where it was the data that failed. */
  definition?: string
  message: string
  sqlstate?: string
  /** Why, most likely. */
  reason?: string
  /** What `check` says of the object. */
  findings: { id: string; message: string }[]
}

/** What was seen of the bodies of functions, which servers keep as text and read when they are called. */
export interface BodiesReport {
  /** `sql`: every statement was parsed against the objects. `plpgsql`: the grammar, and the types of variables. */
  checked: { language: string; bodies: number; depth: 'statements' | 'grammar' }[]
  /** Bodies that the source's own server does not understand either: nothing that a migration changes. */
  brokenOnSource: { object: string; message: string; sqlstate: string }[]
  /** What no server can tell before it is run. */
  unseen: string[]
}

/** Bytes that the data will take; estimates, from catalogs or from what the copy took. */
export interface SpaceReport {
  basis: 'catalog' | 'copy'
  dataBytes: number
  indexBytes: number
  /** WAL that the run writes; not all at once where the server recycles it, all of it where it is archived or a slot holds it. */
  walBytes: number
  /** A dump file compressed with gzip, of which a migration by pgleap needs none; absent where there are no rows. */
  dumpFileBytes?: number
}

/** How long the real run will take. Written by `rehearse --save`, read by `migrate --prediction`. */
export interface Prediction {
  version: 1
  /** ISO 8601, UTC. */
  madeAt: string
  source: string
  server: 'target' | 'embedded'
  /** Share of the data that was copied, 0 to 1. */
  sample: number
  jobs: number
  totalMs: number
  /** The range in which the real run is expected to end. */
  lowMs: number
  highMs: number
  /** What the total is made of. */
  phases: { readMs: number; runMs: number; verifyMs: number; otherMs: number }
  /** How long the source must not be written to: an offline run's whole time. */
  pauseMs: number
  /** Time of each table's own steps; they run side by side, so their sum is no duration. */
  tables: PredictedTable[]
  /** One stream each. */
  measured: { copyMbPerS: number; indexMbPerS: number; verifyMbPerS: number; walPerByte: number }
}

export interface PredictedTable {
  /** `schema.name`. */
  table: string
  bytes: number
  copyMs: number
  indexMs: number
}

/** How a prediction compares with the run that it was for. */
export interface PredictionOutcome {
  predictedMs: number
  lowMs: number
  highMs: number
  realMs: number
  /** Whether the run ended within the range. */
  within: 'yes' | 'faster' | 'slower'
  /** Tables whose time was furthest off, in milliseconds of work. */
  tables: { table: string; predictedMs: number; realMs: number }[]
}
