import { readLargeObjects, SourceSnapshot } from '../../catalog/index.ts'
import type { ConnectionInfo, Session } from '../../connection/index.ts'
import { openSession } from '../../migrate/index.ts'
import { isReserved, type Provider } from '../../provider/index.ts'
import type { EmitEvent, RunVerdict } from '../../report/index.ts'
import { loadSql } from '../../sql.ts'
import {
  readContentSums,
  worst,
  type ContentSums,
  type ObjectVerdict,
  type TableSum,
  type TableVerdict,
} from '../../verify/index.ts'
import type { Manifest } from '../manifest.ts'
import { sumVerdict } from '../restore/compare-contents.ts'
import { compareStates } from '../restore/compare-sequences.ts'
import { withinTree } from '../restore/compare-trees.ts'

const PARTITIONS = loadSql(import.meta.url, 'partitions.sql')

export interface CompareScriptOptions {
  target: ConnectionInfo
  provider: Provider
  manifest: Manifest
  mode: 'full' | 'counts'
  jobs: number
  onEvent: EmitEvent
  signal: AbortSignal | undefined
}

export interface ScriptProof {
  verdict: Exclude<RunVerdict, 'SKIPPED'>
  tables: TableVerdict[]
  /** Sequences, large objects, and why something could not be compared. */
  others: ObjectVerdict[]
}

/**
 * Compares a database with what the manifest says of the script that filled it, in one moment: rows, sequences, large objects. Definitions
 * are what the script's statements made, and a script does not tell them apart for a comparison.
 */
export async function compareScript(options: CompareScriptOptions): Promise<ScriptProof> {
  const { target, provider, manifest, mode, jobs, onEvent, signal } = options
  const isTheirs = ({ schema }: { schema: string }) => isReserved(provider, 'schema', schema)
  const content = wantedOf(manifest, mode)
  const wanted = { ...content, tables: content.tables.filter((table) => !isTheirs(table)) }
  await using moment = await SourceSnapshot.take((inner) => openSession(target, 'target', 'verify', inner), { signal })
  const found = await readContentSums(moment, { mode: wanted.mode, jobs, like: wanted, unreadable: 'list', signal })
  const tables = await tableVerdicts(moment.keeper, wanted.tables, found.tables)
  const sequences = manifest.sequences.filter((sequence) => !isTheirs(sequence))
  const others = [
    ...(await compareStates(moment.keeper, sequences)),
    ...(await largeObjectVerdict(moment.keeper, { manifest, wanted, found })),
    ...unproved(manifest, mode),
  ]
  for (const { object, kind, verdict, detail } of [...tables, ...others]) {
    const why = detail === undefined ? {} : { detail }
    onEvent({ type: 'verified', at: Date.now(), object, kind, verdict, ...why })
  }
  return { verdict: worst([...tables, ...others].map(({ verdict }) => verdict)), tables, others }
}

/** Without hashes there are the numbers of rows, which the dump counted. */
function wantedOf({ content, tables }: Manifest, mode: 'full' | 'counts'): ContentSums {
  if (content !== undefined) return { ...content, mode: mode === 'full' ? content.mode : 'counts' }
  return {
    mode: 'counts',
    dialect: { major: 0, encodings: 'equal' },
    encoding: 'UTF8',
    tables: tables.map(({ schema, name, rows }) => ({ schema, name, columns: [], rows, hash: undefined })),
    largeObjects: [],
  }
}

/** Rows of a script may go through the root of a partition tree, and come to lie in another partition than before. */
async function tableVerdicts(
  session: Session,
  wanted: readonly TableSum[],
  found: readonly TableSum[],
): Promise<TableVerdict[]> {
  const before = new Map(wanted.map((sum) => [labelOf(sum), sum]))
  const now = new Map(found.map((sum) => [labelOf(sum), sum]))
  const own = [...before].map(([label, sum]) => sumVerdict(label, now.get(label), sum))
  if (own.every(({ verdict }) => verdict !== 'DIFFERENT')) return own
  const partitions = await session.query<{ table: string; root: number }>(PARTITIONS)
  const rootOf = new Map(partitions.map(({ table, root }) => [table, root]))
  return own.map((verdict) => {
    const root = rootOf.get(verdict.object)
    if (root === undefined) return verdict
    const tree = partitions.filter((one) => one.root === root)
    return withinTree(
      verdict,
      tree.map(({ table }) => ({ wanted: before.get(table), found: now.get(table) })),
    )
  })
}

const LARGE_OBJECTS = { object: 'all of them', kind: 'large objects' } as const

async function largeObjectVerdict(
  session: Session,
  { manifest, wanted, found }: { manifest: Manifest; wanted: ContentSums; found: ContentSums },
): Promise<ObjectVerdict[]> {
  const { count } = await readLargeObjects(session)
  const expected = manifest.largeObjects.count
  if (expected === 0 && count === 0) return []
  if (expected !== count) {
    const detail = `${String(expected)} in the script, ${String(count)} on the target`
    return [{ ...LARGE_OBJECTS, verdict: 'DIFFERENT', detail }]
  }
  const unreadable = found.largeObjects.find((range) => range.unreadable !== undefined)
  if (unreadable !== undefined) return [{ ...LARGE_OBJECTS, verdict: 'UNKNOWN', detail: unreadable.unreadable ?? '' }]
  const other = wanted.largeObjects.find((range, at) => {
    const now = found.largeObjects[at]
    return now?.count !== range.count || (wanted.mode === 'full' && now.sha256 !== range.sha256)
  })
  if (other === undefined) return [{ ...LARGE_OBJECTS, verdict: 'SAME' }]
  const detail = `another content among ${String(other.fromOid)} to ${String(other.toOid)}`
  return [{ ...LARGE_OBJECTS, verdict: 'DIFFERENT', detail }]
}

/** Says once why contents are UNKNOWN, where nothing was there to compare them with. */
function unproved({ content, source }: Manifest, mode: 'full' | 'counts'): ObjectVerdict[] {
  if (content !== undefined && (mode === 'counts' || content.mode === 'full')) return []
  const detail =
    'its manifest has no hashes: the dump was made without them, so that contents could not be compared with it'
  return [{ object: source.database, kind: 'script', verdict: 'UNKNOWN', detail }]
}

function labelOf({ schema, name }: { schema: string; name: string }): string {
  return `${schema}.${name}`
}
