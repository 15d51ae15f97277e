import type { Secret } from '../connection/index.ts'
import { quoteLiteral } from '../sql.ts'

/** What planning decides. Plain data; passwords are `Secret`, so that printing a plan shows none. */
export interface RolesPlan {
  target: { major: number; user: string }
  /** What is missing on the target, in the order in which it has to be made. */
  changes: readonly Change[]
  /** What does not come over, or not as it is, each for a reason that pgleap knows. */
  leftOut: readonly LeftOut[]
  /** What is on both sides and differs. It is never overwritten. */
  differences: readonly Difference[]
  /** Roles that arrive without LOGIN, as their passwords cannot come along. */
  noLogin: readonly NoLogin[]
  tablespaces: readonly PlannedTablespace[]
  /** Whether the passwords of roles that are on both sides are the same; UNKNOWN where a side does not show them. */
  passwords: 'SAME' | 'DIFFERENT' | 'UNKNOWN'
}

export type ObjectKind = 'role' | 'membership' | 'setting' | 'parameter'

export interface Change {
  kind: ObjectKind | 'comment' | 'label' | 'own-membership'
  /** As a person calls it: `role app`, `app in readers`. */
  object: string
  /** Without the password. */
  sql: string
  /** The verifier, for a PASSWORD clause at the end of `sql`. */
  password?: Secret
  /** Done where the target refuses it; what that means is said in `leftOut`. */
  otherwise?: { sql: string; leftOut: LeftOut; noLogin?: NoLogin }
  /** Roles on the target that it names: where one of these could not be made, it need not be tried. */
  roles: readonly string[]
  /** Takes it back; for what pgleap needs only while it works. */
  undo?: string
}

export type Reason =
  /** The provider's own, or PostgreSQL's. */
  | 'reserved'
  /** The role that pgleap is connected as on the target is never touched. */
  | 'connecting-role'
  /** The target does not let this administrator give it. */
  | 'not-grantable'
  /** Only superusers, or those who were granted it, may do that on the target. */
  | 'needs-superuser'
  /** The administrator has no ADMIN on the role. */
  | 'no-admin'
  | 'verifier-unreadable'
  /** The target takes no such verifier, or it is none. */
  | 'verifier-refused'
  /** An md5 verifier holds the role's name, and the role has another one here. */
  | 'verifier-bound-to-name'
  /** Two roles of the source are one here. */
  | 'merged'
  | 'role-missing'
  | 'database-missing'
  | 'tablespace-missing'
  /** The target's version does not know the parameter. */
  | 'parameter-removed'
  /** The library that security labels are of is not loaded on the target. */
  | 'no-label-provider'
  /** The target's version has no such thing. */
  | 'not-expressible'
  /** The membership comes over, granted by another role. */
  | 'grantor'

export interface LeftOut {
  kind: ObjectKind
  object: string
  reason: Reason
  /** One sentence. */
  message: string
}

export interface Difference {
  kind: ObjectKind
  object: string
  /** What of it differs: `login`, `value`. */
  field: string
  source: string
  target: string
  /** Why that is as it should be; without one it is a difference that somebody has to look at. */
  reason?: Reason
}

export interface NoLogin {
  /** As it is called on the target. */
  role: string
  reason: Reason
  /** For psql; asks for the password. */
  psql: string
}

export interface PlannedTablespace {
  name: string
  /** Databases of the source that have something in it. */
  databases: readonly string[]
  /** The tablespace on the target; undefined for the default one. */
  target: string | undefined
  /** `missing`: it is mapped to one that the target does not have. */
  how: 'mapped' | 'same-name' | 'default' | 'missing'
}

/** The statement for people: a password shows as asterisks. */
export function shownSql({ sql, password }: Pick<Change, 'sql' | 'password'>): string {
  return password === undefined ? sql : `${sql} PASSWORD '***'`
}

/** The statement for the server. Never to be printed, thrown or stored. */
export function fullSql({ sql, password }: Pick<Change, 'sql' | 'password'>): string {
  return password === undefined ? sql : `${sql} PASSWORD ${quoteLiteral(password.reveal())}`
}
