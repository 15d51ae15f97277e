import { readLargeObjects } from '../catalog/index.ts'
import { loadSql } from '../sql.ts'
import { type LargeObjectProperties, readLargeObjectProperties } from './large-object-properties.ts'
import { mayBeUnknown, reasonOf } from './reason.ts'
import type { Readers } from './readers.ts'
import type { ObjectVerdict } from './result.ts'
import { allSettled } from './settled.ts'
import type { RoleChoices } from './roles.ts'
import type { Verdict } from '../report/index.ts'

const slicesSql = loadSql(import.meta.url, 'large-object-slices.sql')

/** Objects that are compared at a time, and bytes of each that a server holds at a time. */
const PER_RANGE = 500
const SLICE_BYTES = 1024 * 1024

/** How many differing objects are named. */
const MOST_NAMED = 10

const LAST_OID = 4_294_967_295

interface Finding {
  oid: number
  verdict: Exclude<Verdict, 'SAME'>
  detail: string
}

export interface LargeObjectOptions extends RoleChoices {
  mode: 'full' | 'counts'
  signal: AbortSignal
}

/**
 * Compares the large objects of both sides: which there are, their content (not in `counts` mode), owner, rights, comment and
 * security labels. One verdict for all of them, which names the first that differ; none where neither side has any.
 */
export async function compareLargeObjects(
  readers: { source: Readers; target: Readers },
  options: LargeObjectOptions,
): Promise<ObjectVerdict[]> {
  try {
    const { ranges, count } = await readers.source.run((session) => readLargeObjects(session, { perRange: PER_RANGE }))
    const ends = ranges.map(({ toOid }) => toOid).slice(0, -1)
    // Together the ranges hold every OID, so that objects which only the target has are met, too.
    const bounds = [0, ...ends, LAST_OID]
    const compared = await Promise.all(
      bounds.slice(1).map((to, place) => compareRange(readers, bounds[place] ?? 0, to, options)),
    )
    const found = compared.flatMap(({ findings }) => findings)
    const total = compared.reduce((sum, range) => sum + range.targetCount, 0)
    if (count === 0 && total === 0) return []
    return [verdictOn(found, count, total)]
  } catch (error) {
    mayBeUnknown(error, options.signal)
    return [{ object: LABEL, kind: KIND, verdict: 'UNKNOWN', detail: reasonOf(error) }]
  }
}

const LABEL = 'all of them'
const KIND = 'large objects'

function verdictOn(findings: readonly Finding[], count: number, targetCount: number): ObjectVerdict {
  const [first] = findings.toSorted((a, b) => rank(a) - rank(b))
  if (first === undefined) return { object: LABEL, kind: KIND, verdict: 'SAME' }
  const named = findings.slice(0, MOST_NAMED).map(({ oid, detail }) => `${String(oid)}: ${detail}`)
  const more = findings.length > MOST_NAMED ? [`and ${String(findings.length - MOST_NAMED)} more`] : []
  const counts = count === targetCount ? [] : [`${String(count)} on the source, ${String(targetCount)} on the target`]
  return { object: LABEL, kind: KIND, verdict: first.verdict, detail: [...counts, ...named, ...more].join('; ') }
}

function rank({ verdict }: Finding): number {
  return verdict === 'DIFFERENT' ? 0 : 1
}

async function compareRange(
  readers: { source: Readers; target: Readers },
  after: number,
  to: number,
  options: LargeObjectOptions,
): Promise<{ findings: Finding[]; targetCount: number }> {
  const [ours, theirs] = await allSettled([
    readProperties(readers.source, after, to),
    readProperties(readers.target, after, to),
  ])
  const findings: Finding[] = []
  const different = (oid: number, detail: string) => findings.push({ oid, verdict: 'DIFFERENT', detail })
  const common: number[] = []
  for (const [oid, before] of ours) {
    const now = theirs.get(oid)
    if (now === undefined) {
      different(oid, 'missing on the target')
      continue
    }
    common.push(oid)
    const changed = changedProperties(before, now, options)
    if (changed.length > 0) different(oid, changed.join(' and '))
  }
  for (const oid of theirs.keys()) if (!ours.has(oid)) different(oid, 'only on the target')
  if (options.mode === 'full') findings.push(...(await compareContents(readers, common, options.signal)))
  return { findings, targetCount: theirs.size }
}

async function readProperties(
  readers: Readers,
  after: number,
  to: number,
): Promise<Map<number, LargeObjectProperties>> {
  return readers.run(async (session) => {
    const rows = await session.query<{ oid: number }>(OIDS, [after, to])
    return readLargeObjectProperties(
      session,
      rows.map(({ oid }) => oid),
    )
  })
}

const OIDS = `SELECT m.oid::int8 AS oid
  FROM pg_catalog.pg_largeobject_metadata m
 WHERE m.oid > $1::oid AND m.oid <= $2::oid`

function changedProperties(
  before: LargeObjectProperties,
  now: LargeObjectProperties,
  { owners, privileges, roleMap }: RoleChoices,
): string[] {
  const renamed = (role: string) => roleMap.get(role) ?? role
  return [
    ...(owners === 'keep' && renamed(before.owner) !== now.owner ? [`owner ${before.owner} is now ${now.owner}`] : []),
    // Whoever gives all objects to one role changes what their owners may do, too.
    ...(owners === 'keep' && privileges === 'keep' && grantsOf(before, renamed) !== grantsOf(now, (role) => role)
      ? ['other grants']
      : []),
    ...(before.comment === now.comment ? [] : ['another comment']),
    ...(JSON.stringify(before.labels) === JSON.stringify(now.labels) ? [] : ['other security labels']),
  ]
}

function grantsOf({ grants }: LargeObjectProperties, name: (role: string) => string): string {
  return (grants ?? [])
    .map(([grantee, ...rest]) => JSON.stringify([grantee === null ? null : name(grantee), ...rest]))
    .toSorted()
    .join()
}

async function compareContents(
  readers: { source: Readers; target: Readers },
  oids: readonly number[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const findings: Finding[] = []
  const [source, target] = await allSettled([
    readContents(readers.source, oids, signal),
    readContents(readers.target, oids, signal),
  ])
  for (const oid of oids) {
    const ours = source.get(oid)
    const theirs = target.get(oid)
    const unreadable = [ours, theirs].find((content) => content instanceof Error)
    if (unreadable !== undefined) findings.push({ oid, verdict: 'UNKNOWN', detail: reasonOf(unreadable) })
    else if (ours !== theirs) findings.push({ oid, verdict: 'DIFFERENT', detail: 'another content' })
  }
  return findings
}

/** The hashes of an object's slices in one string, or why it cannot be read. */
type Content = string | Error

export async function readContents(
  readers: Readers,
  oids: readonly number[],
  signal: AbortSignal,
): Promise<Map<number, Content>> {
  try {
    return await readers.run(async (session) => {
      const contents = new Map<number, Content>()
      let left = oids
      for (let offset = 0; left.length > 0; offset += SLICE_BYTES) {
        const rows = await session.query<{ oid: number; bytes: number; hash: string }>(slicesSql, [
          left,
          offset,
          SLICE_BYTES,
        ])
        for (const { oid, hash } of rows) contents.set(oid, `${contentOf(contents, oid)}${hash} `)
        left = rows.filter(({ bytes }) => bytes === SLICE_BYTES).map(({ oid }) => oid)
      }
      return contents
    })
  } catch (error) {
    mayBeUnknown(error, signal)
    const [only] = oids
    if (only === undefined || !(error instanceof Error)) throw error
    if (oids.length === 1) return new Map([[only, error]])
    // At least one cannot be read: halves, and halves of these, tell which.
    const middle = Math.ceil(oids.length / 2)
    const halves = await Promise.all([
      readContents(readers, oids.slice(0, middle), signal),
      readContents(readers, oids.slice(middle), signal),
    ])
    return new Map(halves.flatMap((half) => [...half]))
  }
}

function contentOf(contents: ReadonlyMap<number, Content>, oid: number): string {
  const content = contents.get(oid)
  return typeof content === 'string' ? content : ''
}
