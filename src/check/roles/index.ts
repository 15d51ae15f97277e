import type { Check } from '../check.ts'
import { rights, rowSecurity } from './access.ts'
import { catalogGrants } from './catalog-grants.ts'
import { externalLogins, hbaLetsIn } from './hba.ts'
import { attributes, cloudIdentities, reservedRoles } from './managed.ts'
import { memberships } from './memberships.ts'
import { defaultPrivileges, owners } from './owners.ts'
import { parameterRights } from './parameter-rights.ts'
import { md5Verifiers, validUntil, verifiers } from './passwords.ts'
import { publicSchema } from './public-schema.ts'
import { roleSettings, unknownParameters } from './settings.ts'

/** Family R of the catalogue: roles and globals. R06 is in left-out.ts. */
export const roles: readonly Check[] = [
  reservedRoles,
  attributes,
  verifiers,
  md5Verifiers,
  validUntil,
  memberships,
  roleSettings,
  unknownParameters,
  parameterRights,
  catalogGrants,
  owners,
  defaultPrivileges,
  publicSchema,
  rowSecurity,
  rights,
  hbaLetsIn,
  externalLogins,
  cloudIdentities,
]
