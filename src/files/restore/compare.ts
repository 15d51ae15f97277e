import type { Archive } from '../../archive/index.ts'
import { SourceSnapshot } from '../../catalog/index.ts'
import { isConnectionLost } from '../../connection/index.ts'
import { PgleapError } from '../../errors.ts'
import { entryOptions, reservedSchemas, targetArchive, withoutSchemas } from '../../migrate/index.ts'
import { dumpSchema, quotingOf } from '../../pgdump/index.ts'
import { isAboutPublic, selectEntries } from '../../plan/index.ts'
import type { EmitEvent, VerifiedObject } from '../../report/index.ts'
import { compareSchemas, worst, type ObjectVerdict, type VerifyResult } from '../../verify/index.ts'
import { compareContents } from './compare-contents.ts'
import { compareSequences } from './compare-sequences.ts'
import { majorOf, type Files } from './files.ts'
import type { Target } from './restoring.ts'
import type { View } from './view.ts'

export interface CompareOptions {
  files: Files
  view: View
  target: Target
  mode: 'full' | 'counts'
  /** Rows that came in, by `schema.name`; undefined where no restore was watched. */
  took: ReadonlyMap<string, number> | undefined
  /** What to make of objects that only the target has. */
  extra: 'report' | 'ignore'
  jobs: number
  pgDump: string | undefined
  onEvent: EmitEvent
  signal: AbortSignal | undefined
}

/**
 * Compares an archive with what the target holds, in one moment: contents with the sums in the manifest, sequences and
 * definitions with the archive's own entries. What cannot be looked at, as there is no manifest for one, is UNKNOWN.
 */
export async function compare(options: CompareOptions): Promise<VerifyResult> {
  const { view, files, target, mode, onEvent, signal } = options
  await using moment = await SourceSnapshot.take((inner) => target.open('verify', inner), { signal })
  const selection = selectEntries(view.archive, view.choices)
  const parts = { ...options, moment, selection }
  const { tables, largeObjects } = await compareContents(parts)
  const sequences = await compareSequences(moment.keeper, selection.entries)
  const schema = await compareSchema(options, moment, new Set(selection.entries.map(({ dumpId }) => dumpId)))
  for (const found of [...sequences, ...largeObjects]) report(onEvent, found)
  for (const found of schema) if (found.verdict !== 'SAME') report(onEvent, found)
  const contents = noContents(files, mode)
  return {
    verdict: worst([...tables, ...sequences, ...largeObjects, ...schema, ...contents].map(({ verdict }) => verdict)),
    mode,
    tables,
    sequences,
    largeObjects,
    schema: [...schema, ...contents],
  }
}

/** Says once why contents are UNKNOWN, where nothing was there to compare them with. */
function noContents({ manifest, identity }: Files, mode: 'full' | 'counts'): ObjectVerdict[] {
  const hashes = manifest?.content
  if (hashes !== undefined && (mode === 'counts' || hashes.mode === 'full')) return []
  const why =
    manifest === undefined
      ? 'no manifest of pgleap lies beside it'
      : 'its manifest has no hashes: the dump was made without them'
  return [
    {
      object: identity.path,
      kind: 'archive',
      verdict: 'UNKNOWN',
      detail: `${why}, so that contents could not be compared with it`,
    },
  ]
}

async function compareSchema(
  options: CompareOptions,
  moment: SourceSnapshot,
  kept: ReadonlySet<number>,
): Promise<ObjectVerdict[]> {
  const { view, files, extra } = options
  let dumped: Archive
  try {
    dumped = await dumpTarget(options, moment)
  } catch (error) {
    if (!(error instanceof PgleapError) || options.signal?.aborted === true || isConnectionLost(error)) throw error
    return [{ object: 'definitions', kind: 'schema', verdict: 'UNKNOWN', detail: error.message }]
  }
  const { owners = 'keep', privileges = 'keep', tablespaces, roleMap, tablespaceMap } = entryOptions(view.choices)
  const writers = { source: majorOf(files.open.archive.pgDumpVersion), target: majorOf(dumped.pgDumpVersion) }
  // What pg_dump says of schema public changed with 15.
  const publicDiffers = extra === 'ignore' || (writers.source < 15 && writers.target >= 15)
  const compared = (archive: Archive): Archive => ({
    ...archive,
    entries: archive.entries.filter(
      (entry) =>
        !NOT_COMPARED.has(entry.desc) &&
        !entry.tag.startsWith('LARGE OBJECT') &&
        !(publicDiffers && isAboutPublic(entry)),
    ),
  })
  return compareSchemas(
    {
      source: compared(view.archive),
      target: compared(targetArchive(dumped, view.rules, view.archive)),
      include: ({ dumpId }) => kept.has(dumpId),
      writers: writers.source === writers.target ? 'same' : 'different',
      // Ours are written in UTC; others in whatever the source was set to.
      timeZones: files.manifest === undefined ? 'different' : 'same',
      extra,
      tablespaces,
      tablespaceMap,
    },
    {
      owners,
      privileges,
      roleMap,
      majors: { source: majorOf(files.open.archive.serverVersion), target: moment.keeper.major },
    },
  )
}

/** Planner statistics change with every ANALYZE, and large objects are compared by content. */
const NOT_COMPARED: ReadonlySet<string> = new Set(['STATISTICS DATA', 'BLOB', 'BLOB METADATA', 'BLOBS'])

async function dumpTarget(
  { files, view, target, pgDump, signal }: CompareOptions,
  moment: SourceSnapshot,
): Promise<Archive> {
  const { source, target: at } = view.rules
  const reserved = await reservedSchemas(moment.keeper, { source, target: at })
  return dumpSchema({
    source: target.info,
    open: (inner) => target.open('pg_dump', inner),
    snapshot: moment.exported,
    quote: quotingOf(files.open.archive),
    // Our own ledger is there until the verdict is.
    args: ['--exclude-schema=pgleap', '--exclude-schema=pgleap_online', ...withoutSchemas(reserved)],
    ...(pgDump === undefined ? {} : { pgDumpPath: pgDump }),
    ...(signal === undefined ? {} : { signal }),
  })
}

function report(onEvent: EmitEvent, { object, kind, verdict, detail }: VerifiedObject): void {
  onEvent({ type: 'verified', at: Date.now(), object, kind, verdict, ...(detail === undefined ? {} : { detail }) })
}
