import { pgleapVersion } from '../../migrate/index.ts'
import type { Manifest } from '../manifest.ts'
import type { DumpedDatabase } from './options.ts'
import { Place } from './place.ts'
import type { Done, Work } from './write-archive.ts'

/** What the manifest says of it. */
export function manifestOf(
  { run, source, snapshot, reading }: Work,
  { data, sums, files }: Pick<Done, 'data' | 'sums' | 'files'>,
): Manifest {
  const { choices } = run
  const { include, exclude, excludeData } = choices
  const { host, port, database, user, version } = source.endpoint
  return {
    format: 1,
    pgleap: pgleapVersion(),
    pgDump: reading.archive.pgDumpVersion,
    archive: { format: choices.format, compression: choices.compression },
    source: {
      host,
      port,
      database,
      user,
      version,
      major: source.identity.major,
      encoding: reading.serverEncoding,
      systemIdentifier: source.identity.systemIdentifier,
    },
    moment: {
      at: reading.moment.at,
      lsn: reading.moment.lsn ?? undefined,
      identity: snapshot.identity,
    },
    filters: {
      include: [...include],
      exclude: [...exclude],
      excludeData: [...excludeData],
      excludedSchemas: reading.excludedSchemas,
    },
    writes: source.identity.recovering ? undefined : source.writes,
    files,
    tables: data.tables.map(({ table: { facts, entry }, rows, bytes }) => ({
      schema: facts.schema,
      name: facts.name,
      dumpId: entry.dumpId,
      rows,
      bytes,
    })),
    sequences: reading.sequences,
    largeObjects: data.largeObjects,
    content: sums,
  }
}

/** What the caller gets to know of it. */
export function reportOf({ run, source, reading }: Work, { data, sums, files, manifest, kept }: Done): DumpedDatabase {
  return {
    database: source.endpoint.database,
    to: run.to instanceof Place ? run.to.path : '-',
    ...(manifest === undefined ? {} : { manifest }),
    moment: reading.moment.at,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    files: files.length,
    tables: data.tables
      .map(({ table: { facts }, rows, bytes }) => ({ table: `${facts.schema}.${facts.name}`, rows, bytes }))
      .toSorted((one, other) => other.bytes - one.bytes),
    largeObjects: data.largeObjects,
    sequences: reading.sequences.length,
    hashes: sums === undefined ? 'none' : 'full',
    kept,
  }
}
