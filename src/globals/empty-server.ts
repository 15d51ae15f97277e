import type { ServerRoles } from './facts.ts'
import type { RolePowers } from './planning.ts'

/** A server of that major as initdb leaves it, and its superuser: what a script for nobody in particular is made for. */
export function emptyServer(major: number): { target: ServerRoles; powers: RolePowers } {
  return {
    target: {
      major,
      user: '',
      superuser: true,
      createRole: true,
      bootstrap: '',
      databases: [],
      verifiers: 'readable',
      roles: [],
      memberships: [],
      settings: [],
      tablespaces: [],
      parameterGrants: [],
    },
    powers: {
      give: { SUPERUSER: 'yes', CREATEROLE: 'yes', CREATEDB: 'yes', REPLICATION: 'yes', BYPASSRLS: 'yes' },
      takeScram: 'yes',
      takeMd5: 'yes',
      setRoleParameters: 'yes',
    },
  }
}
