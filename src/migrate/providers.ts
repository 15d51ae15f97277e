import type { Archive } from '../archive/index.ts'
import type { DatabaseFacts, TableRef } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import {
  followProviders,
  grantsIn,
  isOfEither,
  isOutOfReach,
  isTheirs,
  schemasOfExtensions,
  type ProviderRules,
} from '../plan/index.ts'
import { recogniseProvider, resolveProvider, selfManaged, type Provider } from '../provider/index.ts'
import type { Chosen } from './choices.ts'
import type { Pair, Servers } from './servers.ts'

/** Whose services are on both ends of a run. */
export interface Providers {
  source: Provider
  target: Provider
}

/** No service's rules. */
export const NO_PROVIDERS: Providers = { source: selfManaged, target: selfManaged }

/**
 * What the user named, else what the servers are recognised as. On sessions outside of a transaction.
 * @throws PgleapError `usage.provider`, `usage.provider-file`
 */
export async function chooseProviders(pair: Pair, ends: Servers, choices: Chosen): Promise<Providers> {
  const named = await namedProviders(choices)
  return {
    source: named.source ?? (await recogniseProvider(pair.source, ends.source.hosts[0]?.host)),
    target: named.target ?? (await recogniseProvider(pair.target, ends.target.hosts[0]?.host)),
  }
}

async function namedProviders({ sourceProvider, targetProvider }: Chosen): Promise<Partial<Providers>> {
  return {
    ...(sourceProvider === null ? {} : { source: await resolveProvider(sourceProvider) }),
    ...(targetProvider === null ? {} : { target: await resolveProvider(targetProvider) }),
  }
}

/** The schemas of that server which are one of the services' own; what is PostgreSQL's own is not among them. */
export async function reservedSchemas(session: Session, providers: Providers): Promise<string[]> {
  const found = await session.query<{ name: string }>(
    `select nspname::text as name from pg_catalog.pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' order by 1`,
  )
  return found.map(({ name }) => name).filter((name) => isOfEither(providers, 'schema', name))
}

/** pg_dump's arguments that leave schemas out; it does not even lock their tables, which our role might not be allowed to. */
export function withoutSchemas(names: readonly string[]): string[] {
  return names.map((name) => `--exclude-schema="${name.replaceAll('"', '""')}"`)
}

export interface RulesOptions {
  providers: Providers
  sourceUser: string
  target: Session
  choices: Chosen
}

/** Reads what of the target the rules depend on; also within a transaction. */
export async function readRules({ providers, sourceUser, target, choices }: RulesOptions): Promise<ProviderRules> {
  const [row] = await target.query<{ superuser: boolean; roles: string[]; tablespaces: string[]; schemas: string[] }>(
    `select
       (select rolsuper from pg_catalog.pg_roles where rolname = current_user) as superuser,
       array(select rolname::text from pg_catalog.pg_roles) as roles,
       array(select spcname::text from pg_catalog.pg_tablespace) as tablespaces,
       array(select nspname::text from pg_catalog.pg_namespace) as schemas`,
  )
  return {
    ...providers,
    sourceUser,
    targetUser: target.user,
    targetSuperuser: row?.superuser ?? false,
    onTarget: {
      roles: new Set(row?.roles),
      tablespaces: new Set(row?.tablespaces),
      schemas: new Set(row?.schemas),
    },
    roleMap: new Map(Object.entries(choices.roleMap)),
    tablespaceMap: new Map(Object.entries(choices.tablespaceMap)),
  }
}

/** The user's choices, with the connecting role for what the services' own roles own. */
export function withOwners(choices: Chosen, owners: Readonly<Record<string, string>>): Chosen {
  return { ...choices, roleMap: { ...owners, ...choices.roleMap } }
}

/** The target's archive without what its service has there anyway, whatever was migrated. */
export function targetArchive(archive: Archive, rules: ProviderRules, source: Archive): Archive {
  return followProviders(archive, rules, grantsIn(source)).archive
}

/** With the schemas that extensions need; all of them for a run that goes on, which has made some of them already. */
export function withExtensionSchemas(archive: Archive, rules: ProviderRules, which: 'missing' | 'all'): Archive {
  const made = schemasOfExtensions(archive, rules).filter(
    ({ tag }) => which === 'all' || !rules.onTarget.schemas.has(tag),
  )
  return made.length === 0 ? archive : { ...archive, entries: [...made, ...archive.entries] }
}

/** The database's own properties without what is about the services' own roles. */
export function databaseOf(facts: DatabaseFacts, rules: ProviderRules): DatabaseFacts {
  return {
    ...facts,
    owner: isTheirs(rules, facts.owner) ? rules.targetUser : facts.owner,
    settings: facts.settings.filter(
      ({ role }) => role === undefined || role === rules.sourceUser || !isTheirs(rules, role),
    ),
    ...(facts.grants === undefined
      ? {}
      : { grants: facts.grants.filter(({ grantee }) => grantee === undefined || !isOutOfReach(rules, grantee)) }),
  }
}

/** The tables that do not lie in schemas which stay behind. */
export function tablesOutside<T extends Pick<TableRef, 'schema'>>(
  tables: readonly T[],
  schemas: readonly string[],
): T[] {
  const names = new Set(schemas)
  return tables.filter(({ schema }) => !names.has(schema))
}
