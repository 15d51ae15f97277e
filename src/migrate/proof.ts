import type { Archive } from '../archive/index.ts'
import { SourceSnapshot } from '../catalog/index.ts'
import { dumpSchema } from '../pgdump/index.ts'
import { selectEntries, tableName } from '../plan/index.ts'
import { verify, type VerifyResult } from '../verify/index.ts'
import { entryOptions } from './choices.ts'
import type { Migration } from './migration.ts'
import type { Servers } from './servers.ts'

/** Compares the source, in the run's own snapshot, with what the target holds now. */
export async function compare(migration: Migration, mode: 'full' | 'counts'): Promise<VerifyResult> {
  const { servers, snapshot, notes, log, signal, jobs } = migration
  const { choices } = notes
  log.phase('verify')
  const leftOut = new Set(notes.rowsLeftOut)
  await using target = await SourceSnapshot.take((inner) => servers.openTarget('verify', inner), { signal })
  const schema = await dumpBoth(migration, { source: snapshot, target })
  const kept = new Set(selectEntries(schema.source, choices).entries.map((entry) => entry.dumpId))
  const { owners, privileges, tablespaces, roleMap } = entryOptions(choices)
  return await verify({
    source: snapshot,
    target,
    mode,
    jobs,
    includeRows: (table) => !leftOut.has(tableName(table)),
    schema: { ...schema, include: (entry) => kept.has(entry.dumpId), extra: notes.extraObjects, tablespaces },
    roles: {
      ...(owners === undefined ? {} : { owners }),
      ...(privileges === undefined ? {} : { privileges }),
      roleMap,
    },
    onEvent: log.emit,
    signal,
  })
}

export interface DumpBothOptions {
  servers: Servers
  /** The source's schema where it is known already. */
  archive: Archive | undefined
  pgDump: string | undefined
  signal: AbortSignal | undefined
}

/** Both schemas by the same pg_dump, so that what differs is the schemas and not who wrote them down. */
export async function dumpBoth(
  { servers, archive, pgDump, signal }: DumpBothOptions,
  moments: { source: SourceSnapshot; target: SourceSnapshot },
): Promise<{ source: Archive; target: Archive }> {
  const common = {
    ...(pgDump === undefined ? {} : { pgDumpPath: pgDump }),
    ...(signal === undefined ? {} : { signal }),
  }
  const source =
    archive ??
    (await dumpSchema({
      source: servers.source,
      open: (inner) => servers.openSource('pg_dump', inner),
      snapshot: moments.source.exported,
      ...common,
    }))
  const target = await dumpSchema({
    source: servers.target,
    open: (inner) => servers.openTarget('pg_dump', inner),
    snapshot: moments.target.exported,
    // Our own ledger is there until the verdict is.
    args: ['--exclude-schema=pgleap'],
    ...common,
  })
  return { source, target }
}
