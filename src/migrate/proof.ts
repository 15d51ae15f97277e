import type { Archive } from '../archive/index.ts'
import { readWriteCounters, SourceSnapshot, writesBetween } from '../catalog/index.ts'
import { connectionLost } from '../connection/index.ts'
import { dumpSchema, type DumpSchemaOptions } from '../pgdump/index.ts'
import { followProviders, isAboutPublic, isOfEither, selectEntries, tableName } from '../plan/index.ts'
import { verify, type VerifyResult } from '../verify/index.ts'
import { entryOptions } from './choices.ts'
import type { Migration } from './migration.ts'
import {
  NO_PROVIDERS,
  readRules,
  reservedSchemas,
  targetArchive,
  withOwners,
  withoutSchemas,
  type Providers,
} from './providers.ts'
import type { Servers } from './servers.ts'

/** Compares the source, in the run's own snapshot, with what the target holds now. */
export async function compare(migration: Migration, mode: 'full' | 'counts'): Promise<VerifyResult> {
  const { servers, snapshot, notes, log, signal, jobs } = migration
  const { providers = NO_PROVIDERS, owners: heirs = {} } = notes
  const choices = withOwners(notes.choices, heirs)
  log.phase('verify')
  const leftOut = new Set(notes.rowsLeftOut)
  await using target = await SourceSnapshot.take((inner) => servers.openTarget('verify', inner), { signal })
  const rules = await readRules({
    providers,
    sourceUser: snapshot.keeper.user,
    target: target.keeper,
    choices: notes.choices,
  })
  const dumped = await dumpBoth({ ...migration, providers }, { source: snapshot, target })
  const source = followProviders(dumped.source, rules).archive
  const schema = { source, target: targetArchive(dumped.target, rules, source) }
  const kept = new Set(selectEntries(schema.source, choices).entries.map((entry) => entry.dumpId))
  const sequences = schema.source.entries.filter(({ desc, dumpId }) => desc === 'SEQUENCE' && !kept.has(dumpId))
  const sequencesLeftOut = new Set(sequences.map(({ catalogOid }) => catalogOid.object))
  const { owners, privileges, tablespaces, roleMap, tablespaceMap } = entryOptions(choices)
  return await verify({
    source: snapshot,
    target,
    mode,
    jobs,
    sourceIs: await sourceIs(migration),
    includeRows: (table) => !leftOut.has(tableName(table)),
    includeSequence: ({ oid, schema: of }) => !sequencesLeftOut.has(oid) && !isOfEither(providers, 'schema', of),
    schema: {
      ...schema,
      include: (entry) => kept.has(entry.dumpId) && !(notes.extraObjects === 'ignore' && isAboutPublic(entry)),
      extra: notes.extraObjects,
      tablespaces,
      tablespaceMap,
    },
    roles: {
      ...(owners === undefined ? {} : { owners }),
      ...(privileges === undefined ? {} : { privileges }),
      roleMap,
    },
    onEvent: log.emit,
    signal,
  })
}

async function sourceIs({ servers, notes, signal }: Migration): Promise<'still' | 'changing'> {
  await using source = await servers.openSource('control', signal)
  return writesBetween(notes.writes, await readWriteCounters(source)).found === 'none' ? 'still' : 'changing'
}

export interface DumpBothOptions {
  servers: Servers
  /** The source's schema where it is known already. */
  archive: Archive | undefined
  pgDump: string | undefined
  /** Whose reserved schemas are passed over. */
  providers?: Providers
  signal: AbortSignal | undefined
}

/** Both schemas by the same pg_dump, so that what differs is the schemas and not who wrote them down. */
export async function dumpBoth(
  { servers, archive, pgDump, providers = NO_PROVIDERS, signal }: DumpBothOptions,
  moments: { source: SourceSnapshot; target: SourceSnapshot },
): Promise<{ source: Archive; target: Archive }> {
  const common = {
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
