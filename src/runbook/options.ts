import type { PlanOptions } from '../migrate/index.ts'
import type { Way } from './recommend.ts'

export interface RunbookOptions extends PlanOptions {
  /** Where the runbook is written; empty, or not there yet. */
  folder: string
  /** How long writes may stop, in milliseconds. @defaultValue 600000 */
  allowedPauseMs?: number
  /** The way to describe. @defaultValue the recommended one */
  way?: Way
  /** A file of `rehearse --save`: its times stand in place of the plan's guess. */
  prediction?: string
  /** How the target's server reaches the source, where that is not as we do; for online. A connection string. */
  sourceFromTarget?: string
  /** For how long the source's write rate is sampled, in milliseconds. @defaultValue 3000 */
  sampleMs?: number
}

export const DEFAULT_ALLOWED_PAUSE_MS = 600_000
export const DEFAULT_SAMPLE_MS = 3_000
