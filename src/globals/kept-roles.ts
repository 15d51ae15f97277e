import { z } from 'zod'
import { connect, parseConnection, Secret } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { recogniseProvider, resolveProvider, selfManaged } from '../provider/index.ts'
import { emptyServer } from './empty-server.ts'
import type { RoleFacts, ServerRoles, Verifier } from './facts.ts'
import { planRoles } from './plan-roles.ts'
import { readRoles } from './read-roles.ts'
import { rolesSql } from './roles-sql.ts'

export interface KeepRolesOptions {
  /** Connection string of any database of the server to read. */
  source: string
  /** A provider's id, or a YAML file of one's own, in place of what the source is recognised as. */
  sourceProvider?: string
  /** Whether the two hold password verifiers. */
  verifiers: 'include' | 'omit'
  signal?: AbortSignal
}

/** The roles of a server for files: as a script for people and psql, and as data for `rolesFrom`. Both may hold verifiers. */
export interface KeptRoles {
  script: string
  data: string
}

/** Reads the roles of a server, with all that hangs on them, in two forms that say the same. The source is only read. */
export async function keepRoles({ source, sourceProvider, verifiers, signal }: KeepRolesOptions): Promise<KeptRoles> {
  const info = parseConnection(source)
  const settings = { default_transaction_read_only: 'on' }
  await using session = await connect(info, { side: 'source', purpose: 'roles', settings, signal })
  const provider =
    sourceProvider === undefined
      ? await recogniseProvider(session, info.hosts[0]?.host)
      : await resolveProvider(sourceProvider)
  const facts = await readRoles(session)
  const plan = planRoles({
    source: facts,
    ...emptyServer(facts),
    sourceProvider: provider,
    targetProvider: selfManaged,
    parameters: undefined,
  })
  return {
    script: rolesSql(plan, { verifiers }),
    data: dataOf(verifiers === 'include' ? facts : withoutVerifiers(facts)),
  }
}

/** Whether a role has a password at all is no secret, and decides whether it can log in where it arrives. */
function withoutVerifiers(facts: ServerRoles): ServerRoles {
  return {
    ...facts,
    verifiers: facts.verifiers === 'readable' ? 'left-out' : facts.verifiers,
    roles: facts.roles.map((role) => ({ ...role, verifier: withoutValue(role.verifier) })),
  }
}

function withoutValue({ kind }: Verifier): Verifier {
  return { kind: kind === 'none' ? 'none' : 'unreadable' }
}

function dataOf(facts: ServerRoles): string {
  const plain = { ...facts, roles: facts.roles.map((role) => ({ ...role, verifier: plainVerifier(role.verifier) })) }
  return `${JSON.stringify(plain, (_, value: unknown) => value ?? null, 1)}\n`
}

function plainVerifier(verifier: Verifier): { kind: Verifier['kind']; value?: string } {
  return 'value' in verifier ? { kind: verifier.kind, value: verifier.value.reveal() } : verifier
}

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
  verifier: verifierSchema,
  owns: z.boolean(),
  admin: z.boolean(),
  maySet: z.boolean(),
}) satisfies z.ZodType<RoleFacts>

const rolesSchema = z.object({
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

/**
 * The roles of a server as `keepRoles` wrote them.
 * @throws PgleapError `manifest.damaged`, which never quotes what the file holds
 */
export function readKeptRoles(path: string, text: string): ServerRoles {
  try {
    return rolesSchema.parse(JSON.parse(text))
  } catch {
    // No cause: what the parsers say may hold a part of a verifier.
    throw new PgleapError({
      code: 'manifest.damaged',
      message: `${path} is damaged or cut off: it does not hold the roles of a server.`,
      hint: 'Copy it again from where it was made.',
      party: 'usage',
    })
  }
}
