import type { Verdict } from './events.ts'
import type { Endpoint } from './result.ts'

/** What `roles` returns: plain data without secrets (a password in a statement shows as asterisks). */
export interface RolesReport {
  source: Endpoint & { provider: string }
  /** Undefined where only a script for an empty server was asked for. */
  target: (Endpoint & { provider: string }) | undefined
  /** ISO 8601, UTC. */
  startedAt: string
  ms: number
  mode: 'show' | 'apply'
  /** Roles of the source that are not the provider's. */
  roles: number
  /** Statements: to be done, or done where the mode is `apply`. */
  changes: readonly RoleChangeReport[]
  /** What the target refused, and what was not tried for that reason. */
  refused: readonly RefusedRoleChange[]
  blocked: readonly RoleChangeReport[]
  /** What is on both sides and is not the same, after what was applied; a reason makes it one that counts as accounted for. */
  differences: readonly RoleDifferenceReport[]
  leftOut: readonly { kind: string; object: string; reason: string; message: string }[]
  /** Roles that arrive without LOGIN, and what psql has to be told for each. */
  noLogin: readonly { role: string; reason: string; psql: string }[]
  /** What the connecting role was granted for the migration, and how to take it back. */
  ownMemberships: readonly { sql: string; undo: string }[]
  tablespaces: readonly { name: string; databases: readonly string[]; target: string | undefined; how: string }[]
  /** Of everything but passwords. SKIPPED where there is no target. */
  verdict: Verdict | 'SKIPPED'
  /** Of the passwords of roles that are on both sides; UNKNOWN where a side does not show them. */
  passwords: Verdict | 'SKIPPED'
  /** The script, where it was asked for. Holds verifiers only where these were asked for, too. */
  script?: string
}

export interface RoleChangeReport {
  kind: string
  object: string
  sql: string
}

export interface RefusedRoleChange extends RoleChangeReport {
  sqlstate: string
  message: string
}

export interface RoleDifferenceReport {
  kind: string
  object: string
  field: string
  source: string
  target: string
  reason?: string
}
