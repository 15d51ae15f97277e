import { connect, parseConnection } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { recogniseProvider, resolveProvider, selfManaged } from '../provider/index.ts'
import { emptyServer } from './empty-server.ts'
import type { ServerRoles, Verifier } from './facts.ts'
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

/**
 * The roles of a server as `keepRoles` wrote them.
 * @throws PgleapError `manifest.damaged`, which never quotes what the file holds
 */
export async function readKeptRoles(path: string, text: string): Promise<ServerRoles> {
  // Of all that reads roles, only this needs a schema, and what judges by schemas takes long to load.
  const { rolesSchema } = await import('./kept-roles-schema.ts')
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
