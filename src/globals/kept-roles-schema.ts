import { z } from 'zod'
import { Secret } from '../connection/index.ts'
import type { RoleFacts, ServerRoles } from './facts.ts'

/** What is not there is null in the file. */
const optional = z
  .string()
  .nullable()
  .transform((value) => value ?? undefined)

const verifierSchema = z.union([
  z.object({ kind: z.enum(['none', 'unreadable']) }),
  z.object({ kind: z.enum(['scram', 'md5', 'unknown']), value: z.string().transform((value) => new Secret(value)) }),
])

const roleSchema = z.object({
  name: z.string(),
  superuser: z.boolean(),
  inherit: z.boolean(),
  createRole: z.boolean(),
  createDb: z.boolean(),
  login: z.boolean(),
  replication: z.boolean(),
  bypassRls: z.boolean(),
  connectionLimit: z.int(),
  validUntil: optional,
  comment: optional,
  // Older pgleaps wrote none.
  labels: z.array(z.object({ provider: z.string(), label: z.string() })).default([]),
  verifier: verifierSchema,
  owns: z.boolean(),
  admin: z.boolean(),
  maySet: z.boolean(),
}) satisfies z.ZodType<RoleFacts>

/** What `keepRoles` writes as data. */
export const rolesSchema = z.object({
  major: z.int(),
  user: z.string(),
  superuser: z.boolean(),
  createRole: z.boolean(),
  bootstrap: z.string(),
  databases: z.array(z.string()),
  verifiers: z.enum(['readable', 'unreadable', 'left-out']),
  roles: z.array(roleSchema),
  memberships: z.array(
    z.object({
      role: z.string(),
      member: z.string(),
      grantor: optional,
      admin: z.boolean(),
      inherit: z.boolean(),
      set: z.boolean(),
    }),
  ),
  settings: z.array(z.object({ role: optional, database: optional, name: z.string(), value: z.string() })),
  tablespaces: z.array(
    z.object({
      name: z.string(),
      owner: z.string(),
      location: z.string(),
      options: z.array(z.string()),
      acl: optional,
      databases: z.array(z.string()),
    }),
  ),
  parameterGrants: z.array(
    z.object({ parameter: z.string(), grantee: optional, privilege: z.string(), grantable: z.boolean() }),
  ),
}) satisfies z.ZodType<ServerRoles>
