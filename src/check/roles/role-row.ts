import { isReserved, type Provider } from '../../provider/index.ts'
import { loadSql } from '../../sql.ts'

/** Asks either side for its roles, PostgreSQL's own aside. */
export const ROLES = loadSql(import.meta.url, 'roles.sql')

export interface RoleRow {
  name: string
  /** The superuser that initdb made: every server has its own, and it is never migrated. */
  bootstrap: boolean
  /** The connected role. */
  me: boolean
  login: boolean
  superuser: boolean
  createrole: boolean
  createdb: boolean
  replication: boolean
  bypassrls: boolean
  validUntil: string | null
  validity: 'expired' | 'soon' | 'valid'
  /** Roles that it is a direct member of. */
  groups: string[]
}

/** The roles that would travel: neither the provider's nor the superuser of initdb. */
export function travelling(roles: readonly RoleRow[], provider: Provider): RoleRow[] {
  return roles.filter((role) => !role.bootstrap && !isReserved(provider, 'role', role.name))
}
