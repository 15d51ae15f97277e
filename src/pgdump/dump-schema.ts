import { readArchive, type Archive } from '../archive/index.ts'
import type { ConnectionInfo, Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { BUNDLED_PG_DUMP, runBundled } from './bundled.ts'
import { nativeVersion, runNative } from './native.ts'
import { withoutOurs } from './ours.ts'
import { withUsualEntries } from './quoting.ts'
import type { Dump } from './result.ts'

export interface DumpSchemaOptions {
  /** Where the source is; a native pg_dump connects by itself. */
  source: ConnectionInfo
  /** Opens a session on the source, for this dump alone. */
  open: (signal: AbortSignal) => Promise<Session>
  /** Name of an exported snapshot, so that the schema is of the same moment as the data. */
  snapshot?: string
  /** `schema`: all but rows, materialized-view refreshes included. `statistics`: the planner's, for targets of 18 and newer. */
  what?: 'schema' | 'statistics'
  /**
   * Which names are quoted: those that are keywords to this pg_dump or its server, or `all`, which a server of another major needs, to
   * which more may be keywords. @defaultValue 'needed'
   */
  quote?: 'needed' | 'all'
  /** Further options of pg_dump, for example `--no-subscriptions`. */
  args?: readonly string[]
  /** A native pg_dump to use in place of the bundled one. */
  pgDumpPath?: string
  signal?: AbortSignal
  /** Gets what pg_dump warns of, one line each. */
  onWarning?: (line: string) => void
}

/** pg_dump.c, main: dumpable servers begin here. */
const OLDEST_SERVER = 90_200

/**
 * The schema of a database (or its planner statistics) as an archive, by the bundled pg_dump 18 over a session of ours,
 * or by a native one. Opens one session and closes it. Throws PgleapError: DatabaseError where the server refuses
 * something, `connection.lost`, `pgdump.*`, and `run.interrupted` when the signal fires, after the server's work was
 * cancelled.
 */
export async function dumpSchema(options: DumpSchemaOptions): Promise<Archive> {
  const signal = options.signal ?? new AbortController().signal
  const args = [...sections(options), ...(options.args ?? [])]
  const dump =
    options.pgDumpPath === undefined
      ? await bundled(options, args, signal)
      : await native(options, options.pgDumpPath, args, signal)
  for (const line of dump.stderr.split('\n')) if (line.startsWith('pg_dump: ')) options.onWarning?.(line)
  const archive = await readArchive(dump.archive)
  return withoutOurs(options.quote === 'all' ? withUsualEntries(archive) : archive)
}

function sections({ what, snapshot, quote }: DumpSchemaOptions): string[] {
  return [
    // Not --schema-only, which would leave out the refreshes of materialized views.
    ...(what === 'statistics' ? ['--statistics-only'] : ['--section=pre-data', '--section=post-data']),
    '--format=custom',
    '--compress=0',
    '--encoding=UTF8',
    ...(quote === 'all' ? ['--quote-all-identifiers'] : []),
    ...(snapshot === undefined ? [] : [`--snapshot=${snapshot}`]),
  ]
}

async function bundled(options: DumpSchemaOptions, args: string[], signal: AbortSignal): Promise<Dump> {
  await using session = await options.open(signal)
  if (session.major > BUNDLED_PG_DUMP.major) {
    throw new PgleapError({
      code: 'pgdump.server-newer',
      message: `The source is PostgreSQL ${session.major}; the bundled pg_dump ${BUNDLED_PG_DUMP.version} reads up to ${BUNDLED_PG_DUMP.major}.`,
      hint: `Name a pg_dump of version ${session.major} or newer with --pg-dump PATH, or use a newer pgleap.`,
      party: 'usage',
    })
  }
  if (session.version < OLDEST_SERVER) {
    throw new PgleapError({
      code: 'pgdump.server-older',
      message: 'The source is older than PostgreSQL 9.2, which pg_dump 18 does not read.',
      hint: 'Move to a version in between first.',
      party: 'source',
    })
  }
  return await runBundled(session, [...args, '--no-sync'], signal)
}

async function native(options: DumpSchemaOptions, path: string, args: string[], signal: AbortSignal): Promise<Dump> {
  const { major, version } = await nativeVersion(path, signal)
  const server = await serverMajor(options, signal)
  if (major < server) {
    throw new PgleapError({
      code: 'pgdump.too-old',
      message: `${path} is pg_dump ${version}, older than the source, which is PostgreSQL ${server}.`,
      hint: `Name a pg_dump of version ${server} or newer${server <= BUNDLED_PG_DUMP.major ? ', or use the bundled one' : ''}.`,
      party: 'usage',
    })
  }
  return runNative(path, options.source, args, signal)
}

async function serverMajor(options: DumpSchemaOptions, signal: AbortSignal): Promise<number> {
  await using session = await options.open(signal)
  return session.major
}
