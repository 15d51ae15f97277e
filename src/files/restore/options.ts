import type { ConnectionInfo } from '../../connection/index.ts'
import type { Choices, CommonOptions } from '../../migrate/index.ts'

/** What decides which of an archive's objects arrive and how; kept in the ledger, so that going on is with the same. */
export type RestoreChoices = Omit<Choices, 'partSize' | 'skipChecks'>

export interface RestoreOptions extends CommonOptions, RestoreChoices {
  /** The archive: a custom file, a directory or a tar file, of pgleap or of pg_dump 9.0 to 18. */
  from: string
  /** Connection string of the database to fill. */
  target: string
  /** The database that was dumped, where it can be reached: then what was written to it since is reported. */
  source?: string
  /** Steps that run at the same time; each takes one session. @defaultValue 4 */
  jobs?: number
  /** `create` makes the target database with the archive's encoding and locale. @defaultValue 'existing' */
  create?: 'create' | 'existing'
  /** What to do where the target holds objects already; they are never overwritten. @defaultValue 'refuse' */
  nonEmptyTarget?: 'refuse' | 'add'
  /** A native pg_dump to use in place of the bundled one, when the target's schema is compared with the archive's. */
  pgDump?: string
}

export type DatabaseRestoreOptions = Omit<RestoreOptions, 'source' | 'target'> & { source?: ConnectionInfo }

export interface VerifyFilesOptions extends CommonOptions, Omit<RestoreChoices, 'verify'> {
  from: string
  target: string
  /** @defaultValue 'full' */
  mode?: 'full' | 'counts'
  /** Sessions that read at the same time. @defaultValue 4 */
  jobs?: number
  /** Objects that only the target has, and its schema public: `add` where it held something before. @defaultValue 'refuse' */
  nonEmptyTarget?: 'refuse' | 'add'
  pgDump?: string
}
