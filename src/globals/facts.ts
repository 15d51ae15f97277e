import type { Secret } from '../connection/index.ts'

/** Roles, and all that belongs to a server and not to one of its databases, as one session sees them. */
export interface ServerRoles {
  major: number
  /** The session's user. */
  user: string
  superuser: boolean
  createRole: boolean
  /** The superuser that initdb made; what superusers grant is recorded as granted by it, from 16 on. */
  bootstrap: string
  databases: readonly string[]
  /** Whether this user may read the password verifiers of all roles; `left-out`: a file was to hold none. */
  verifiers: 'readable' | 'unreadable' | 'left-out'
  roles: readonly RoleFacts[]
  memberships: readonly Membership[]
  settings: readonly RoleSetting[]
  tablespaces: readonly TablespaceFacts[]
  parameterGrants: readonly ParameterGrant[]
}

export interface RoleAttributes {
  superuser: boolean
  inherit: boolean
  createRole: boolean
  createDb: boolean
  login: boolean
  replication: boolean
  bypassRls: boolean
  /** -1 for none. */
  connectionLimit: number
  /** As text in UTC; undefined where it never ends. */
  validUntil: string | undefined
}

export interface RoleFacts extends RoleAttributes {
  name: string
  comment: string | undefined
  /** By their providers. */
  labels: readonly RoleLabel[]
  verifier: Verifier
  /** Owner of something in any database of the server. */
  owns: boolean
  /** The session's user has ADMIN on it (or is superuser): may grant it and, from 16 on with CREATEROLE, alter it. */
  admin: boolean
  /** The session's user may SET ROLE to it, which giving it an object takes. */
  maySet: boolean
}

/** SECURITY LABEL FOR provider ON ROLE ... IS label. */
export interface RoleLabel {
  provider: string
  label: string
}

/** What a role's password is checked against. `none`: no login by password. */
export type Verifier = { kind: 'none' } | { kind: 'unreadable' } | { kind: 'scram' | 'md5' | 'unknown'; value: Secret }

export interface Membership {
  role: string
  member: string
  /** Undefined where the server does not keep it (before 16). */
  grantor: string | undefined
  admin: boolean
  inherit: boolean
  set: boolean
}

/** ALTER ROLE [role, or ALL where there is none] [IN DATABASE database] SET name TO value. */
export interface RoleSetting {
  role: string | undefined
  database: string | undefined
  name: string
  /** As pg_db_role_setting has it: lists are quoted. */
  value: string
}

export interface TablespaceFacts {
  name: string
  owner: string
  /** Empty for one that lies inside of the data folder. */
  location: string
  /** `seq_page_cost=1.5` */
  options: readonly string[]
  /** As pg_tablespace has it; undefined where it is the default. */
  acl: string | undefined
  /** Databases with something in it. */
  databases: readonly string[]
}

/** GRANT privilege ON PARAMETER parameter TO grantee (PUBLIC where there is none). */
export interface ParameterGrant {
  parameter: string
  grantee: string | undefined
  privilege: string
  grantable: boolean
}
