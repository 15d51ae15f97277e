import type { DatabaseFacts } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import type { Providers } from '../migrate/index.ts'
import type { EmitEvent, Endpoint, RolesReport, RunReport } from '../report/index.ts'
import type { RecordedDatabase } from './record.ts'

/** Where all that a run brings comes from: another server, or the folder that one was dumped into. */
export interface Origin {
  words: {
    /** What is done to a database: `migrate`, and then it is `migrated`. */
    bring: string
    brought: string
    /** How a run that broke is gone on with: `pgleap resume --all-databases`. */
    again: string
  }
  /** The folder, where it is one. */
  folder?: string
  /** How the roles from there and those of the target compare, or what was made of them on the target. */
  roles(apply: 'apply' | 'show'): Promise<RolesReport>
  /** Brings one database, or goes on with it. What it throws is that database's failure. */
  bring(database: RecordedDatabase, options: BringOptions): Promise<RunReport>
  /** For questions about both ends. */
  open(): Promise<Ends>
}

export interface BringOptions {
  jobs: number
  /** Whether the database is on the target already. */
  there: 'there' | 'missing'
  emit: EmitEvent
  /** Gets the report before the database's ledger is dropped. */
  onReport: (report: RunReport) => Promise<void>
}

export interface Ends extends AsyncDisposable {
  target: Session
  /** Undefined of a folder. */
  source: Session | undefined
  /** Whose services are on both ends. */
  providers(): Promise<Providers>
  /** The server that is or was read, and its major. */
  from: Endpoint
  major: number
  /** A database as the source has it, or had it when it was dumped. */
  properties(name: string): Promise<DatabaseFacts>
}
