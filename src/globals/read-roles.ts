import { DatabaseError, Secret, SQLSTATE, type Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { loadSql } from '../sql.ts'
import type {
  Membership,
  ParameterGrant,
  RoleAttributes,
  RoleFacts,
  RoleLabel,
  RoleSetting,
  ServerRoles,
  TablespaceFacts,
  Verifier,
} from './facts.ts'
import { verifierKind } from './verifier.ts'

const sql = (file: string) => loadSql(import.meta.url, file)
const SERVER = sql('server.sql')
const ROLES = { upTo15: sql('roles.15.sql'), newer: sql('roles.sql') }
const MEMBERSHIPS = { upTo15: sql('memberships.15.sql'), newer: sql('memberships.sql') }
const SETTINGS = sql('role-settings.sql')
const TABLESPACES = sql('tablespaces.sql')
const PARAMETER_GRANTS = sql('parameter-grants.sql')
const AUTHID = sql('verifiers.sql')
const SHADOW = sql('verifiers-shadow.sql')

interface ServerRow {
  user: string
  bootstrap: string | null
  databases: string[]
  reads_authid: boolean
  reads_shadow: boolean
}

interface RoleRow {
  name: string
  superuser: boolean
  inherit: boolean
  createrole: boolean
  createdb: boolean
  login: boolean
  replication: boolean
  bypassrls: boolean
  connection_limit: number
  valid_until: string | null
  comment: string | null
  labels: RoleLabel[]
  owns: boolean
  admin: boolean
  may_set: boolean
}

/**
 * Reads the roles of a server with all that hangs on them, from 10 on. Reads only, as any user; what that user may not
 * see is said so: password verifiers become `unreadable`. Several statements, not one moment: roles that change meanwhile
 * may be seen half.
 */
export async function readRoles(session: Session): Promise<ServerRoles> {
  const { major } = session
  const [server] = await session.query<ServerRow>(SERVER)
  if (server === undefined) {
    throw new PgleapError({
      code: 'internal.no-row',
      message: 'The server gave no row for a SELECT.',
      party: 'internal',
    })
  }
  const rows = await session.query<RoleRow>(major > 15 ? ROLES.newer : ROLES.upTo15)
  const verifiers = await readVerifiers(session, server)
  const memberships = await session.query<Omit<Membership, 'grantor'> & { grantor: string | null }>(
    major > 15 ? MEMBERSHIPS.newer : MEMBERSHIPS.upTo15,
  )
  const settings = await session.query<{ role: string | null; database: string | null; setting: string }>(SETTINGS)
  const tablespaces = await session.query<Omit<TablespaceFacts, 'acl'> & { acl: string | null }>(TABLESPACES)
  const grants = await (major < 15
    ? []
    : session.query<Omit<ParameterGrant, 'grantee'> & { grantee: string | null }>(PARAMETER_GRANTS))
  const me = rows.find(({ name }) => name === server.user)
  return {
    major,
    user: server.user,
    superuser: me?.superuser ?? false,
    createRole: me?.createrole ?? false,
    bootstrap: server.bootstrap ?? '',
    databases: server.databases,
    verifiers: verifiers === undefined ? 'unreadable' : 'readable',
    roles: rows.map((row) => roleOf(row, verifiers)),
    memberships: memberships.map((row) => ({ ...row, grantor: row.grantor ?? undefined })),
    settings: settings.map(settingOf),
    tablespaces: tablespaces.map((row) => ({ ...row, acl: row.acl ?? undefined })),
    parameterGrants: grants.map((row) => ({ ...row, grantee: row.grantee ?? undefined })),
  }
}

/** By role; undefined where they cannot be read. Where the catalog says yes and the service no, that is a no. */
async function readVerifiers(session: Session, server: ServerRow): Promise<Map<string, Secret> | undefined> {
  const from = server.reads_authid ? AUTHID : server.reads_shadow ? SHADOW : undefined
  if (from === undefined) return undefined
  try {
    const rows = await session.query<{ role: string; verifier: string }>(from)
    return new Map(rows.map(({ role, verifier }) => [role, new Secret(verifier)]))
  } catch (error) {
    if (error instanceof DatabaseError && error.server.sqlstate === SQLSTATE.noPrivilege) return undefined
    throw error
  }
}

function roleOf(row: RoleRow, verifiers: ReadonlyMap<string, Secret> | undefined): RoleFacts {
  const attributes: RoleAttributes = {
    superuser: row.superuser,
    inherit: row.inherit,
    createRole: row.createrole,
    createDb: row.createdb,
    login: row.login,
    replication: row.replication,
    bypassRls: row.bypassrls,
    connectionLimit: row.connection_limit,
    validUntil: row.valid_until ?? undefined,
  }
  return {
    name: row.name,
    ...attributes,
    comment: row.comment ?? undefined,
    labels: row.labels,
    verifier: verifiers === undefined ? { kind: 'unreadable' } : verifierOf(verifiers.get(row.name)),
    owns: row.owns,
    admin: row.admin,
    maySet: row.may_set,
  }
}

function verifierOf(value: Secret | undefined): Verifier {
  return value === undefined ? { kind: 'none' } : { kind: verifierKind(value), value }
}

function settingOf(row: { role: string | null; database: string | null; setting: string }): RoleSetting {
  // A parameter's name never holds an equals sign; its value may.
  const equals = row.setting.indexOf('=')
  return {
    role: row.role ?? undefined,
    database: row.database ?? undefined,
    name: row.setting.slice(0, equals),
    value: row.setting.slice(equals + 1),
  }
}
