import { parseConnection } from '../../connection/index.ts'
import { PgleapError } from '../../errors.ts'
import { DEFAULT_JOBS, RunLog } from '../../migrate/index.ts'
import { dumpAll } from './all-databases.ts'
import { dumpDatabase } from './database.ts'
import { archiveChoices, type DumpOptions, type DumpReport } from './options.ts'
import { Place } from './place.ts'

/**
 * Dumps a database into an archive that a stock pg_restore takes (or psql, for `plain`), in one moment of the source: schema,
 * rows, large objects, sequences, and, where asked for, planner statistics. Beside it lies a manifest, with which the archive,
 * and whatever it is restored into, is compared without the source. The source is only read. What is unfinished never has the
 * archive's own name. With `databases: 'all'` each database is of a moment of its own, and what fails in one stops no other.
 *
 * @throws PgleapError `usage.option`, `archive.exists`, `archive.level`, `archive.unwritable`, `dump.*`, of the source, and
 * `run.interrupted` after an abort
 */
export async function dump(options: DumpOptions): Promise<DumpReport> {
  const started = Date.now()
  const log = new RunLog(options.onEvent)
  const choices = archiveChoices(options)
  const common = {
    choices,
    jobs: options.jobs ?? DEFAULT_JOBS,
    partSize: options.partSize,
    resume: options.resume ?? 'new',
    space: options.space ?? 'check',
    sourceProvider: options.sourceProvider,
    pgDump: options.pgDump,
    signal: options.signal,
  } as const
  const info = parseConnection(options.source)
  const { to, format = 'directory' } = options
  const done =
    options.databases === 'all'
      ? await dumpAll({ ...common, info, options, log })
      : await dumpOne({ ...common, info, options, log })
  const { compression } = choices
  const report: DumpReport = {
    startedAt: new Date(started).toISOString(),
    ms: Date.now() - started,
    format,
    compression,
    to: typeof to === 'string' ? to : '-',
    ...done,
    notices: log.notices,
  }
  log.emit({ type: 'finished', at: Date.now(), ms: report.ms, verdict: 'SKIPPED', failures: report.failed.length })
  return report
}

type Common = Omit<Parameters<typeof dumpDatabase>[0], 'to' | 'manifest' | 'snapshot'>

async function dumpOne({
  options,
  ...common
}: Common & { options: DumpOptions }): Promise<Pick<DumpReport, 'source' | 'databases' | 'leftOut' | 'failed'>> {
  const { to, manifest, snapshot } = options
  const kind = common.choices.format === 'directory' ? 'directory' : 'file'
  if (manifest !== undefined && typeof to === 'string') {
    throw new PgleapError({
      code: 'usage.option',
      message: 'The manifest of an archive lies in its directory, or beside its file.',
      hint: 'Leave --manifest out; it is for a dump that is written to a stream.',
      party: 'usage',
    })
  }
  const { source, database } = await dumpDatabase({
    ...common,
    to: typeof to === 'string' ? new Place(to, kind) : to,
    manifest,
    snapshot,
  })
  return { source, databases: [database], leftOut: [], failed: [] }
}
