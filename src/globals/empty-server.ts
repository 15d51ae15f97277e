import type { ServerRoles } from './facts.ts'
import type { RolePowers } from './planning.ts'

/**
 * A server of the source's major as initdb leaves it, with a superuser of the same name, who works there: what a script for
 * nobody in particular is made for.
 */
export function emptyServer(source: ServerRoles): { target: ServerRoles; powers: RolePowers } {
  return {
    target: {
      major: source.major,
      user: '',
      superuser: true,
      createRole: true,
      bootstrap: source.bootstrap,
      databases: ['postgres', 'template1'],
      verifiers: 'readable',
      roles: source.roles.filter(({ name }) => name === source.bootstrap),
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
