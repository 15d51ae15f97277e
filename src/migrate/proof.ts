import type { Archive } from '../archive/index.ts'
import { readWriteCounters, SourceSnapshot, writesBetween } from '../catalog/index.ts'
import { connectionLost } from '../connection/index.ts'
import { dumpSchema, type DumpSchemaOptions } from '../pgdump/index.ts'
import {
  followProviders,
  isAboutPublic,
  isOfEither,
  rowsStayBehind,
  selectEntries,
  type Provided,
  type ProviderRules,
} from '../plan/index.ts'
import type { EmitEvent } from '../report/index.ts'
import { verify, worst, type SequencePosition, type VerifyResult } from '../verify/index.ts'
import { entryOptions, type Chosen } from './choices.ts'
import { compareDatabase, readDatabaseProperties } from './compare-database.ts'
import { propertyChoices } from './database.ts'
import type { Migration } from './migration.ts'
import {
  databaseOf,
  NO_PROVIDERS,
  readRules,
  reservedSchemas,
  targetArchive,
  withOwners,
  withoutSchemas,
  type Providers,
} from './providers.ts'
import { quotingFor } from './read-source.ts'
import type { Servers } from './servers.ts'

/** Compares the source, in the run's own snapshot, with what the target holds now. */
export async function compare(migration: Migration, mode: 'full' | 'counts'): Promise<VerifyResult> {
  const { servers, snapshot, notes, log, signal } = migration
  log.phase('verify')
  await using target = await SourceSnapshot.take((inner) => servers.openTarget('verify', inner), { signal })
  const { result } = await compareMoments({
    ...migration,
    moments: { source: snapshot, target },
    choices: notes.choices,
    providers: notes.providers ?? NO_PROVIDERS,
    owners: notes.owners ?? {},
    extra: notes.extraObjects,
    database:
      notes.database === undefined
        ? undefined
        : { created: notes.database, otherwise: notes.database === 'created' ? 'report' : 'ignore' },
    sourceIs: await sourceIs(migration),
    sequencesBefore: sequencesBefore(migration),
    mode,
    onEvent: log.emit,
  })
  return result
}

export interface CompareOptions {
  servers: Servers
  moments: { source: SourceSnapshot; target: SourceSnapshot }
  /** With what a migration between the two was made, or would be. */
  choices: Chosen
  providers: Providers
  /** Names on the target of the services' own roles, where they cannot be told from the archive any more. */
  owners: Readonly<Record<string, string>>
  /** The source's schema where it is known already, also by the services' rules. */
  archive: Archive | undefined
  /** What to make of objects that only the target has. */
  extra: 'report' | 'ignore'
  /**
   * How to compare the databases as such: whether the target's was made like the source's, and what to make of what it has set
   * otherwise. Undefined: not at all.
   */
  database: { created: 'created' | 'found'; otherwise: 'report' | 'ignore' } | undefined
  /** Whether others write to the source meanwhile. */
  sourceIs: 'still' | 'changing'
  /** Where its sequences stood before they were copied, where that is known. */
  sequencesBefore?: ReadonlyMap<string, SequencePosition> | undefined
  mode: 'full' | 'counts'
  jobs: number | undefined
  pgDump: string | undefined
  onEvent: EmitEvent
  signal: AbortSignal | undefined
}

/**
 * Compares what a migration with these choices would have brought over, and nothing else: the same rules as a run has, so that it
 * comes to the same verdict. `provided` is the source's schema by the rules of the services.
 */
export async function compareMoments(
  options: CompareOptions,
): Promise<{ result: VerifyResult; provided: Provided; rules: ProviderRules }> {
  const { moments, providers, mode, jobs, extra, onEvent, signal } = options
  const { source: snapshot, target } = moments
  const rules = await readRules({
    providers,
    sourceUser: snapshot.keeper.user,
    target: target.keeper,
    choices: options.choices,
  })
  const databases = {
    source: await readDatabaseProperties(snapshot.keeper),
    target: await readDatabaseProperties(target.keeper),
  }
  const dumped = await dumpBoth(options, moments)
  const provided = followProviders(dumped.source, rules)
  const source = provided.archive
  const choices = withOwners(options.choices, { ...Object.fromEntries(provided.roleMap), ...options.owners })
  const selection = selectEntries(source, choices)
  const stayBehind = rowsStayBehind(selection)
  const kept = new Set(selection.entries.map((entry) => entry.dumpId))
  const sequences = source.entries.filter(({ desc, dumpId }) => desc === 'SEQUENCE' && !kept.has(dumpId))
  const sequencesLeftOut = new Set(sequences.map(({ catalogOid }) => catalogOid.object))
  const extensions = new Set(selection.entries.flatMap(({ desc, tag }) => (desc === 'EXTENSION' ? [tag] : [])))
  const { owners, privileges, tablespaces, roleMap, tablespaceMap } = entryOptions(choices)
  const result = await verify({
    source: snapshot,
    target,
    mode,
    jobs,
    sourceIs: options.sourceIs,
    sequencesBefore: options.sequencesBefore,
    includeRows: (table) => !stayBehind(table),
    includeSequence: ({ oid, schema: of, extension }) =>
      !sequencesLeftOut.has(oid) &&
      !isOfEither(providers, 'schema', of) &&
      (extension === undefined || extensions.has(extension)),
    schema: {
      source,
      target: targetArchive(dumped.target, rules, source),
      include: (entry) => kept.has(entry.dumpId) && !(extra === 'ignore' && isAboutPublic(entry)),
      extra,
      tablespaces,
      tablespaceMap,
    },
    roles: {
      ...(owners === undefined ? {} : { owners }),
      ...(privileges === undefined ? {} : { privileges }),
      roleMap,
    },
    onEvent,
    signal,
  })
  if (options.database === undefined) return { result, provided, rules }
  const { created, otherwise } = options.database
  const { facts, labels } = databases.source
  const ofDatabase = compareDatabase({ facts: databaseOf(facts, rules), labels }, databases.target, {
    ...propertyChoices(choices, created),
    otherwise,
    role: (name) => roleMap.get(name) ?? name,
  })
  for (const { object, kind, verdict, detail = '' } of ofDatabase) {
    if (verdict !== 'SAME') onEvent({ type: 'verified', at: Date.now(), object, kind, verdict, detail })
  }
  const verdict = worst([result.verdict, ...ofDatabase.map((found) => found.verdict)])
  return { result: { ...result, verdict, schema: [...result.schema, ...ofDatabase] }, provided, rules }
}

async function sourceIs({ servers, notes, signal }: Migration): Promise<'still' | 'changing'> {
  await using source = await servers.openSource('control', signal)
  return writesBetween(notes.writes, await readWriteCounters(source)).found === 'none' ? 'still' : 'changing'
}

/** Nothing, where the run went on with a new snapshot: they were copied anew, and may have been set back in between. */
function sequencesBefore({ notes, snapshot }: Migration): ReadonlyMap<string, SequencePosition> | undefined {
  const { sequences } = notes
  return sequences?.snapshot === snapshot.identity ? new Map(Object.entries(sequences.positions)) : undefined
}

interface DumpBothOptions {
  servers: Servers
  /** The source's schema where it is known already. */
  archive: Archive | undefined
  pgDump: string | undefined
  /** Whose reserved schemas are passed over. */
  providers: Providers
  signal: AbortSignal | undefined
}

/** Both schemas by the same pg_dump, so that what differs is the schemas and not who wrote them down. */
async function dumpBoth(
  { servers, archive, pgDump, providers, signal }: DumpBothOptions,
  moments: { source: SourceSnapshot; target: SourceSnapshot },
): Promise<{ source: Archive; target: Archive }> {
  const common = {
    quote: quotingFor(moments.source.keeper.major, moments.target.keeper.major),
    ...(pgDump === undefined ? {} : { pgDumpPath: pgDump }),
    ...(signal === undefined ? {} : { signal }),
  }
  const source =
    archive ??
    (await dumpIn(moments.source, {
      source: servers.source,
      open: (inner) => servers.openSource('pg_dump', inner),
      args: withoutSchemas(await reservedSchemas(moments.source.keeper, providers)),
      ...common,
    }))
  const reserved = await reservedSchemas(moments.target.keeper, providers)
  const target = await dumpIn(moments.target, {
    source: servers.target,
    open: (inner) => servers.openTarget('pg_dump', inner),
    // Our own ledger is there until the verdict is.
    args: ['--exclude-schema=pgleap', '--exclude-schema=pgleap_online', ...withoutSchemas(reserved)],
    ...common,
  })
  return { source, target }
}

/** A keeper that is lost takes the name of its snapshot along; then that is the failure, and no other. */
async function dumpIn(moment: SourceSnapshot, options: DumpSchemaOptions): Promise<Archive> {
  try {
    return await dumpSchema({ ...options, snapshot: moment.exported })
  } catch (error) {
    throw moment.keeper.broken ? connectionLost(moment.keeper.side, error) : error
  }
}
