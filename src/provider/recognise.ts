import { DatabaseError, type Session, SQLSTATE } from '../connection/index.ts'
import { PgleapError, unreachable } from '../errors.ts'
import { loadSql } from '../sql.ts'
import type { Provider, Signature } from './provider.ts'
import { selfManaged } from './self-managed.ts'
import { PROVIDERS } from './services/index.ts'

const signaturesSql = loadSql(import.meta.url, 'signatures.sql')

/** One thing that a server has, of those that a signature asks for. */
export interface Sign {
  kind: 'role' | 'database' | 'schema' | 'setting' | 'function' | 'superuser'
  name: string
  /** Of a setting. */
  value: string | null
}

/**
 * Which provider runs the session's server: self-managed where nothing says otherwise. Asks for all signatures of all
 * providers in one query that everybody may run, outside of a transaction. A host name (of the connection string) counts only where nothing on the
 * server tells. What it says is a guess by names, and the user can override it; what a role may do is `readPowers`'s.
 */
export function recogniseProvider(session: Session, host?: string): Promise<Provider> {
  return recogniseAmong(session, host, PROVIDERS)
}

/** The same for a list of one's own; the first one that fits wins. */
export async function recogniseAmong(
  session: Session,
  host: string | undefined,
  providers: readonly Provider[],
): Promise<Provider> {
  return decide(await readSigns(session, providers), host, providers)
}

const sign = (kind: 'role' | 'schema') => (name: string) => ({ kind, name, value: null })

/** The same by names alone, as an archive holds them: roles that own something or are granted to, and schemas. */
export function recogniseByNames(
  { roles, schemas }: { roles: Iterable<string>; schemas: Iterable<string> },
  host: string | undefined,
): Provider {
  return decide([...[...roles].map(sign('role')), ...[...schemas].map(sign('schema'))], host, PROVIDERS)
}

/** The provider with that id. Throws PgleapError `usage.provider`, with the list of all ids. */
export function providerNamed(id: string): Provider {
  const found = PROVIDERS.find((provider) => provider.id === id)
  if (found !== undefined) return found
  throw new PgleapError({
    code: 'usage.provider',
    message: `There is no provider ${JSON.stringify(id)}.`,
    hint: `Choose one of ${providerIds().join(', ')}, or the path of a YAML file of your own (docs/providers.md).`,
    party: 'usage',
  })
}

/** The ids of all providers, in alphabetical order. */
export function providerIds(): string[] {
  return PROVIDERS.map(({ id }) => id).toSorted()
}

/** Pure: the first provider in the list that a sign speaks for; after all of them, one that the host name speaks for. */
export function decide(signs: readonly Sign[], host: string | undefined, providers: readonly Provider[]): Provider {
  const isSuperuser = signs.some(({ kind }) => kind === 'superuser')
  const possible = providers.filter((provider) => !(isSuperuser && provider.superuser === 'never'))
  return (
    possible.find((provider) => provider.signatures.some((signature) => isThere(signature, signs))) ??
    possible.find((provider) => provider.signatures.some((signature) => isHost(signature, host))) ??
    selfManaged
  )
}

function isThere(signature: Signature, signs: readonly Sign[]): boolean {
  const has = (kind: Sign['kind'], name: string): Sign | undefined =>
    signs.find((sign) => sign.kind === kind && sign.name === name)
  if ('role' in signature) return has('role', signature.role) !== undefined
  if ('database' in signature) return has('database', signature.database) !== undefined
  if ('schema' in signature) return has('schema', signature.schema) !== undefined
  if ('function' in signature) return has('function', signature.function) !== undefined
  if ('host' in signature) return false
  if ('setting' in signature) {
    const sign = has('setting', signature.setting)
    return sign !== undefined && (signature.value === undefined || sign.value === signature.value)
  }
  return unreachable(signature)
}

function isHost(signature: Signature, host: string | undefined): boolean {
  if (host === undefined || !('host' in signature)) return false
  return host.toLowerCase().replace(/\.$/u, '').endsWith(signature.host)
}

async function readSigns(session: Session, providers: readonly Provider[]): Promise<Sign[]> {
  const all = providers.flatMap(({ signatures }) => signatures)
  const roles = all.flatMap((one) => ('role' in one ? [one.role] : []))
  const databases = all.flatMap((one) => ('database' in one ? [one.database] : []))
  const schemas = all.flatMap((one) => ('schema' in one ? [one.schema] : []))
  const settings = all.flatMap((one) => ('setting' in one ? [one.setting] : []))
  const functions = all.flatMap((one) => ('function' in one ? [one.function] : []))
  const ask = (names: string[]) => session.query<Sign>(signaturesSql, [roles, databases, schemas, names, functions])
  try {
    return await ask(settings)
  } catch (error) {
    // A setting can be one that only members of pg_read_all_settings see, which is an error even when it is asked for kindly.
    if (!(error instanceof DatabaseError && error.server.sqlstate === SQLSTATE.noPrivilege)) throw error
    return ask([])
  }
}
