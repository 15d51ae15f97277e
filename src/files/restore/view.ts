import { ownersOf, rolesOf, withAttachments, type Archive, type Entry } from '../../archive/index.ts'
import type { Session } from '../../connection/index.ts'
import { readRules, withExtensionSchemas, withOwners, type Chosen, type Providers } from '../../migrate/index.ts'
import { quotingOf, withUsualEntries } from '../../pgdump/index.ts'
import { followProviders, isOfEither, type Provided, type ProviderRules } from '../../plan/index.ts'
import { recogniseByNames, recogniseProvider, resolveProvider } from '../../provider/index.ts'
import type { ConnectionInfo } from '../../connection/index.ts'
import { majorOf, type Files } from './files.ts'
import { withLargeObjectGrants } from './large-object-grants.ts'
import { withOldDefaults } from './subscriptions.ts'

/** What of an archive arrives on this target, by the rules of the services on both ends. */
export interface View {
  rules: ProviderRules
  provided: Provided
  /** What is compared. */
  archive: Archive
  /** What is planned: with the schemas that extensions need. */
  planning: Archive
  /** Schemas of the services, which stay behind, and the tables in them. */
  schemas: string[]
  behind: { schema: string; name: string }[]
  /** The choices with the services' own roles renamed, and only those renamings. */
  choices: Chosen
  heirs: Readonly<Record<string, string>>
}

export interface ViewOptions {
  files: Files
  target: Session
  providers: Providers
  choices: Chosen
  /** A run that goes on has made some of the schemas that extensions need. */
  extensionSchemas: 'missing' | 'all'
}

export async function viewOf({ files, target, providers, choices, extensionSchemas }: ViewOptions): Promise<View> {
  const majors = { pgDump: majorOf(files.open.archive.pgDumpVersion), target: target.major }
  const read = files.open.archive
  const tagged = quotingOf(read) === 'all' ? withUsualEntries(read) : read
  const whole = withOldDefaults(withLargeObjectGrants(withAttachments(tagged)), majors)
  const { archive, schemas, behind } = withoutReserved(whole, providers)
  const rules = await readRules({ providers, sourceUser: files.manifest?.source.user ?? '', target, choices })
  const provided = followProviders(archive, rules)
  const heirs = Object.fromEntries(provided.roleMap)
  return {
    rules,
    provided,
    archive: provided.archive,
    planning: withExtensionSchemas(provided.archive, rules, extensionSchemas),
    schemas,
    behind,
    choices: withOwners(choices, heirs),
    heirs,
  }
}

/** What the user named, else what the names in the archive and the target itself tell. */
export async function providersOf(
  files: Files,
  target: { session: Session; info: ConnectionInfo },
  { sourceProvider, targetProvider }: Pick<Chosen, 'sourceProvider' | 'targetProvider'>,
): Promise<Providers> {
  return {
    source: sourceProvider === null ? recognised(files) : await resolveProvider(sourceProvider),
    target:
      targetProvider === null
        ? await recogniseProvider(target.session, target.info.hosts[0]?.host)
        : await resolveProvider(targetProvider),
  }
}

function recognised({ open: { archive }, manifest }: Files): Providers['source'] {
  const roles = new Set([...ownersOf(archive), ...archive.entries.flatMap((entry) => [...rolesOf(entry)])])
  return recogniseByNames({ roles, schemas: schemasIn(archive) }, manifest?.source.host)
}

function schemasIn({ entries }: Archive): Set<string> {
  return new Set(entries.flatMap(({ desc, tag, namespace }) => (desc === 'SCHEMA' ? [tag] : (namespace ?? []))))
}

/** The archive without the schemas that belong to a service on either end: as if they had been left out of the dump. */
function withoutReserved(
  archive: Archive,
  providers: Providers,
): { archive: Archive; schemas: string[]; behind: { schema: string; name: string }[] } {
  const schemas = [...schemasIn(archive)].filter(
    (name) => !name.startsWith('pg_') && name !== 'information_schema' && isOfEither(providers, 'schema', name),
  )
  if (schemas.length === 0) return { archive, schemas, behind: [] }
  const reserved = new Set(schemas)
  const isIn = ({ desc, tag, namespace = '' }: Entry) => reserved.has(desc === 'SCHEMA' ? tag : namespace)
  const gone = new Set(archive.entries.filter(isIn).map(({ dumpId }) => dumpId))
  const isAbout = ({ desc, dependencies }: Entry) =>
    SAID_OF_SCHEMAS.has(desc) && dependencies.some((dependency) => gone.has(dependency))
  return {
    archive: { ...archive, entries: archive.entries.filter((entry) => !gone.has(entry.dumpId) && !isAbout(entry)) },
    schemas: schemas.toSorted(),
    behind: archive.entries.flatMap((entry) =>
      entry.desc === 'TABLE' && isIn(entry) ? [{ schema: entry.namespace ?? '', name: entry.tag }] : [],
    ),
  }
}

const SAID_OF_SCHEMAS: ReadonlySet<string> = new Set(['ACL', 'COMMENT', 'SECURITY LABEL'])
