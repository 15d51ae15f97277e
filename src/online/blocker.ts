import type { Finding } from '../report/index.ts'

/** What `start` looks at beside `check`; `skipChecks` takes these words, too. */
const OWN_CHECKS = [
  'reach',
  'close',
  'end-sessions',
  'way-back',
  'writers',
  'paused-triggers',
  'truncate',
  'large-objects',
] as const
export type OwnCheck = (typeof OWN_CHECKS)[number]

export function isOwn(id: string): boolean {
  return OWN_CHECKS.some((own) => own === id)
}

/** Something that has to be mended first. `read-only` cannot be skipped. */
export type Blocker = Omit<Finding, 'severity' | 'id'> & { id: OwnCheck | 'read-only' }
