import type { Router } from './router.ts'
import type { CommonOptions, MigrateOptions } from '../migrate/index.ts'

export interface OnlineStartOptions extends CommonOptions {
  /** Connection string of the database to read; its role needs REPLICATION. */
  source: string
  /** Connection string of the database to fill. */
  target: string
  /** Steps of the copy that run at the same time. @defaultValue 4 */
  jobs?: number
  /** How the target's server reaches the source, when that is not as we do; a connection string. */
  sourceFromTarget?: string
  /** How the source's server reaches the target, when that is not as we do; for the way back. */
  targetFromSource?: string
  roleMap?: NonNullable<MigrateOptions['roleMap']>
  owners?: 'keep' | 'skip'
  privileges?: 'keep' | 'skip'
  tablespaces?: 'keep' | 'skip'
  pgDump?: string
  /** `without` starts although a rollback will not be possible. @defaultValue 'with' */
  wayBack?: 'with' | 'without'
  /** Checks whose findings do not keep it from starting, by their ids: those of `check`, and those of `blocker.ts`: `reach`, `close`, `writers` ... */
  skipChecks?: readonly string[]
  /** How long to wait for the transactions that are open on the source before the slot is made, in milliseconds. @defaultValue 3600000 */
  slotTimeoutMs?: number
  /** Return when the target has caught up, or as soon as the stream runs. @defaultValue 'caught-up' */
  until?: 'caught-up' | 'streaming'
}

export type OnlinePlanOptions = Pick<OnlineStartOptions, 'source' | 'target' | 'onEvent' | 'signal'>

export interface OnlineSwitchOptions extends CommonOptions {
  target: string
  /** @defaultValue the source of the record; its password comes from PGPASSWORD or the password file */
  source?: string
  sourceFromTarget?: string
  targetFromSource?: string
  /** Sessions a side that compare at the same time. @defaultValue 2 */
  jobs?: number
  /** The longest that writes may be stopped before everything is let go again, in milliseconds. @defaultValue 30000 */
  maxPauseMs?: number
  /** How long writers may take to end before their sessions are ended, in milliseconds. @defaultValue 5000 */
  graceMs?: number
  /** Open although something could not be compared. @defaultValue 'refuse' */
  unknown?: 'accept' | 'refuse'
  /** Do everything up to the verdict, then let go. @defaultValue 'switch' */
  rehearse?: 'rehearse' | 'switch'
  /** What holds the application back and leads it to the new side; none where it is to find its way by itself. */
  routers?: readonly Router[]
  /** Roles of the application: they cannot log in during the pause, nor to the old side afterwards. Counts for the whole server. */
  appRoles?: readonly string[]
  /** Roles and subscriptions that may go on writing to the side that is closed; nothing brings that to the other. Remembered. */
  acceptWriters?: readonly string[]
  /** Added to every sequence, in the direction in which it counts. @defaultValue 0 */
  sequenceOffset?: number
}

export const DEFAULT_SLOT_TIMEOUT_MS = 3_600_000
export const DEFAULT_MAX_PAUSE_MS = 30_000
export const DEFAULT_GRACE_MS = 5_000
