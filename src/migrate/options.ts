import type { EmitEvent } from '../report/index.ts'

/** What every long call takes. */
export interface CommonOptions {
  /** Called with every event of the run, in order (docs/events.md). */
  onEvent?: EmitEvent
  /** Aborting it cancels the queries on the servers and rolls back the steps in flight. */
  signal?: AbortSignal
}

/** What decides which objects arrive and how; kept in the ledger, so that `resume` goes on with the same. */
export interface Choices {
  /** Table patterns as pg_dump's --table takes them; default: everything. */
  include?: readonly string[]
  /** Table patterns of tables, views and sequences to leave out. */
  exclude?: readonly string[]
  /** Table patterns of tables that arrive without their rows. */
  excludeData?: readonly string[]
  /** @defaultValue 'keep' */
  owners?: 'keep' | 'skip'
  /** Grants and default privileges. @defaultValue 'keep' */
  privileges?: 'keep' | 'skip'
  /** @defaultValue 'keep' */
  tablespaces?: 'keep' | 'skip'
  /** Roles of the source that have another name on the target. */
  roleMap?: Readonly<Record<string, string>>
  /** Tablespaces of the source that have another name on the target; `pg_default` is the database's default one. */
  tablespaceMap?: Readonly<Record<string, string>>
  /** A provider's id, or a YAML file of one's own (docs/providers.md), in place of what the source is recognised as. */
  sourceProvider?: string
  targetProvider?: string
  /** Rows of a larger table are copied in parts of this many bytes. @defaultValue worked out from the sizes */
  partSize?: number
  /** Content and counts, counts alone, or nothing. @defaultValue 'full' */
  verify?: 'full' | 'counts' | 'none'
  /** Ids of checks (docs/checks.md) that are not to be asked before the run. */
  skipChecks?: readonly string[]
}

export interface MigrateOptions extends CommonOptions, Choices {
  /** Connection string of the database to read. */
  source: string
  /** Connection string of the database to fill. */
  target: string
  /** Steps that run at the same time; each takes one session on either server. @defaultValue 4 */
  jobs?: number
  /** `create` makes the target database with the source's encoding, locale and settings. @defaultValue 'existing' */
  create?: 'create' | 'existing'
  /** What to do where the target holds objects already; they are never overwritten. @defaultValue 'refuse' */
  nonEmptyTarget?: 'refuse' | 'add'
  /** When resuming after the source's snapshot is gone: go on under a new one, or not. @defaultValue 'refuse' */
  newSnapshot?: 'allow' | 'refuse'
  /** A native pg_dump to use in place of the bundled one. */
  pgDump?: string
  /** A file that `rehearse` made: the report then says how good its prediction was. */
  prediction?: string
}

export interface ResumeOptions extends CommonOptions {
  target: string
  /** @defaultValue the source that the ledger names; its password comes from PGPASSWORD or the password file. */
  source?: string
  jobs?: number
  newSnapshot?: 'allow' | 'refuse'
  pgDump?: string
}

export type PlanOptions = Omit<MigrateOptions, 'create' | 'newSnapshot' | 'nonEmptyTarget' | 'prediction'>

export const DEFAULT_JOBS = 4
