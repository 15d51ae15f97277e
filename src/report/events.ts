import type { CheckOutcome } from './findings.ts'

/**
 * What long work reports (D9). The live view, the plain lines, the JSON lines and the report are printers of this one
 * stream. Every event is plain data; `at` (milliseconds since the epoch) is set by whoever emits it. docs/events.md
 * documents each for users of `--json`: adding a field is free, renaming or removing one is a breaking change.
 */
export type Event = OneEvent & {
  /** In the run of a whole server: the database that the event is about. */
  database?: string
}

type OneEvent =
  | { type: 'phase'; at: number; phase: Phase }
  | {
      type: 'notice'
      at: number
      level: 'info' | 'warning'
      code: string
      message: string
      object?: string
      hint?: string
    }
  | { type: 'plan'; at: number; steps: number; tables: number; bytes: number; estimateMs: number; cost?: number }
  | { type: 'step-started'; at: number; step: StepRef }
  | { type: 'step-progress'; at: number; step: StepRef; bytes: number; rows: number }
  | { type: 'index-progress'; at: number; index: string; table: string; phase: string; fraction: number }
  | { type: 'step-retry'; at: number; step: StepRef; attempt: number; waitMs: number; reason: string }
  | { type: 'step-done'; at: number; step: StepRef; ms: number; bytes: number; rows: number }
  | { type: 'step-failed'; at: number; step: StepRef; code: string; message: string; sqlstate?: string }
  | { type: 'resumed'; at: number; done: number; left: number; snapshot: 'same' | 'new' }
  | { type: 'verified'; at: number; object: string; kind: string; verdict: Verdict; rows?: number; detail?: string }
  | { type: 'checked'; at: number; id: string; status: CheckStatus; findings: number; reason?: string }
  | { type: 'tried'; at: number; object: string; outcome: 'failed' | 'blocked'; message: string; sqlstate?: string }
  | { type: 'online-phase'; at: number; phase: string; active: 'source' | 'target' }
  | {
      type: 'online-sample'
      at: number
      active: 'source' | 'target'
      lagBytes: number | null
      lagMs: number | null
      slotBytes: number | null
      budgetBytes: number | null
      appliedRows: number | null
    }
  | { type: 'finished'; at: number; ms: number; verdict: Verdict | 'SKIPPED'; failures: number }

export type Phase = 'connect' | 'check' | 'schema' | 'rehearse' | 'plan' | 'run' | 'verify' | 'finish'

/** SAME, DIFFERENT or UNKNOWN; UNKNOWN means that it could not be looked at, and never passes as SAME. */
export type Verdict = 'SAME' | 'DIFFERENT' | 'UNKNOWN'

export type CheckStatus = CheckOutcome['status']

export interface StepRef {
  id: number
  kind: string
  /** What a person calls it, for example `copy public.orders (part 2 of 4)`. */
  label: string
  /** The table that the step works for, where it is one table: `public.orders`. */
  table?: string
  /** Bytes that the step is expected to move; 0 where it moves none. */
  bytes: number
  /** The plan's guess of its duration, in milliseconds; the time that is left is worked out from it. */
  cost?: number
}

export type EmitEvent = (event: Event) => void
