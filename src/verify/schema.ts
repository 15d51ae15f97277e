import { type Archive, type Entry, entrySql, isAboutDatabase, mayHoldSecret, stagesOf } from '../archive/index.ts'
import { isSameQuery, KNOWN_DIFFERENCES } from './known-differences.ts'
import type { ObjectVerdict } from './result.ts'
import type { RoleChoices } from './roles.ts'
import { inUtc } from './utc.ts'

/** Two schemas as one pg_dump wrote them, and what of them is compared. */
export interface SchemaPair {
  source: Archive
  target: Archive
  /** Which of the source's entries were to be carried over. @defaultValue all */
  include?: ((entry: Entry) => boolean) | undefined
  /** What to make of objects that only the target has. @defaultValue 'report' */
  extra?: 'report' | 'ignore' | undefined
  /** @defaultValue 'keep' */
  tablespaces?: 'keep' | 'skip' | undefined
  /** Whether both were written by one version of pg_dump; if not, texts may differ for that alone. @defaultValue 'same' */
  writers?: 'same' | 'different' | undefined
  /** Whether both were written in one time zone; if not, moments in their texts are compared as moments. @defaultValue 'same' */
  timeZones?: 'same' | 'different' | undefined
  /** The source's names to the target's; an empty one stands for the default tablespace. */
  tablespaceMap?: ReadonlyMap<string, string> | undefined
}

export interface SchemaOptions extends RoleChoices {
  majors: { source: number; target: number }
}

/**
 * Compares two schemas, entry by entry: every object, comment, label, grant and owner of one has to be in the other, with
 * the same statements. What one pg_dump writes differently for servers of different majors is taken into account
 * (known-differences.ts); any other difference of text is DIFFERENT. The database's own properties are not compared:
 * they are only carried over on request, and its name differs.
 */
export function compareSchemas(pair: SchemaPair, options: SchemaOptions): ObjectVerdict[] {
  const include = pair.include ?? (() => true)
  const source = group(
    comparable(pair.source).filter((entry) => include(entry) && sqlOf(entry, pair, options, 'source').length > 0),
    options.roleMap,
  )
  const target = group(
    comparable(pair.target).filter((entry) => !isLedger(entry) && sqlOf(entry, pair, options, 'target').length > 0),
    new Map(),
  )
  const verdicts: ObjectVerdict[] = []
  for (const [key, ours] of source) verdicts.push(...compareNamesakes(ours, target.get(key) ?? [], pair, options))
  if (pair.extra !== 'ignore') {
    for (const [key, theirs] of target) {
      if (!source.has(key)) verdicts.push(...theirs.map((entry) => different(entry, 'only on the target')))
    }
  }
  return verdicts
}

/** What runs in a restore; refreshes of materialized views count, as they say that a view holds rows. */
function comparable(archive: Archive): Entry[] {
  const stages = stagesOf(archive)
  return archive.entries.filter((entry) => {
    const stage = stages.get(entry.dumpId)
    return stage !== 'never' && stage !== 'data' && !isAboutDatabase(entry)
  })
}

/** Where a run keeps its record on the target (D3). */
const LEDGER = 'pgleap'

function isLedger({ desc, namespace, tag }: Entry): boolean {
  return namespace === LEDGER || (desc === 'SCHEMA' && tag === LEDGER) || tag === `SCHEMA ${LEDGER}`
}

/** Kind, schema and name; several entries may share them (default privileges of several roles, for one). */
function group(entries: readonly Entry[], roleMap: ReadonlyMap<string, string>): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>()
  for (const entry of entries) {
    const key = JSON.stringify([entry.desc, entry.namespace ?? '', tagOf(entry, roleMap)])
    const found = groups.get(key)
    if (found === undefined) groups.set(key, [entry])
    else found.push(entry)
  }
  return groups
}

/** The tag of a user mapping is the only one that names a role. */
function tagOf({ desc, tag }: Entry, roleMap: ReadonlyMap<string, string>): string {
  if (desc !== 'USER MAPPING') return tag
  for (const [before, now] of roleMap) {
    if (tag.startsWith(`USER MAPPING ${before} SERVER `)) return tag.replace(before, () => now)
  }
  return tag
}

/** Pairs off entries of one name: first those that are the same, then the rest in their order. */
function compareNamesakes(
  source: readonly Entry[],
  target: readonly Entry[],
  pair: SchemaPair,
  options: SchemaOptions,
): ObjectVerdict[] {
  const left = [...target]
  const verdicts: ObjectVerdict[] = []
  const changed: Entry[] = []
  for (const entry of source) {
    const match = left.findIndex((other) => changeBetween(entry, other, pair, options) === undefined)
    if (match === -1) {
      changed.push(entry)
      continue
    }
    left.splice(match, 1)
    verdicts.push({ object: labelOf(entry), kind: kindOf(entry), verdict: 'SAME' })
  }
  for (const entry of changed) {
    const other = left.shift()
    if (other === undefined) verdicts.push(different(entry, 'missing on the target'))
    else verdicts.push(changedBetween(entry, changeBetween(entry, other, pair, options) ?? '', pair))
  }
  if (pair.extra !== 'ignore') verdicts.push(...left.map((entry) => different(entry, 'only on the target')))
  return verdicts
}

function different(entry: Entry, detail: string): ObjectVerdict {
  return { object: labelOf(entry), kind: kindOf(entry), verdict: 'DIFFERENT', detail }
}

function changedBetween(entry: Entry, change: string, { writers }: SchemaPair): ObjectVerdict {
  if (writers !== 'different') return different(entry, change)
  const detail = `${change}; that may only be how two versions of pg_dump write it`
  return { object: labelOf(entry), kind: kindOf(entry), verdict: 'UNKNOWN', detail }
}

function labelOf({ namespace, tag }: Entry): string {
  return namespace === undefined ? tag : `${namespace}.${tag}`
}

/** In words of a report: `index`, `fk constraint`, `grants`. */
function kindOf({ desc }: Entry): string {
  return desc === 'ACL' ? 'grants' : desc.toLowerCase()
}

/** What is different, with both texts; undefined where nothing is. */
function changeBetween(source: Entry, target: Entry, pair: SchemaPair, options: SchemaOptions): string | undefined {
  const { majors } = options
  let ours = sqlOf(source, pair, options, 'source').join('\n')
  let theirs = sqlOf(target, pair, options, 'target').join('\n')
  if (pair.timeZones === 'different') [ours, theirs] = [inUtc(ours), inUtc(theirs)]
  if (ours === theirs) return undefined
  for (const { between, about, rewrite } of KNOWN_DIFFERENCES) {
    if (!between(majors.source, majors.target) || !about(source)) continue
    ours = rewrite(ours, source)
    theirs = rewrite(theirs, target)
  }
  if (ours === theirs || isReordered(source, ours, theirs)) return undefined
  if (QUERIES.has(source.desc) && isSameQuery(ours, theirs, majors)) return undefined
  return mayHoldSecret(source) ? 'changed; not shown, as it may hold a password' : firstChange(ours, theirs)
}

/** Entries whose text is a query that the server prints anew. */
const QUERIES: ReadonlySet<string> = new Set(['VIEW', 'MATERIALIZED VIEW', 'RULE'])

/** The statements that restore the entry, without what was left out by request; none where that is all of it. */
function sqlOf(
  entry: Entry,
  { tablespaces = 'keep', tablespaceMap }: SchemaPair,
  { owners, privileges, roleMap }: SchemaOptions,
  side: 'source' | 'target',
): string[] {
  // Renaming writes a name in double quotes, needed or not: so do both sides with every name that somebody has got.
  const asWritten = new Map([...roleMap.values()].map((role) => [role, role]))
  const names = side === 'source' ? new Map([...asWritten, ...roleMap]) : asWritten
  const renamed = side === 'source' && tablespaceMap !== undefined ? { tablespaceMap } : {}
  return entrySql(entry, { owners, privileges, tablespaces, roleMap: names, ...renamed })
}

/** A table that inherits gets its parents' columns first when it is restored, wherever they were before; pg_dump knows no other way. */
function isReordered({ desc }: Entry, ours: string, theirs: string): boolean {
  if (desc !== 'TABLE' || !/^INHERITS \(/m.test(ours)) return false
  return sortedLines(ours) === sortedLines(theirs)
}

function sortedLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/,$/, ''))
    .toSorted()
    .join('\n')
}

/** Of a long text, this much shows where it changed. */
const SHOWN = 160

function firstChange(ours: string, theirs: string): string {
  let at = 0
  while (at < ours.length && ours[at] === theirs[at]) at += 1
  const from = ours.lastIndexOf('\n', at - 1) + 1
  return `changed: ${shown(ours, from)} on the source, ${shown(theirs, from)} on the target`
}

function shown(text: string, from: number): string {
  const line = text
    .slice(from, from + SHOWN)
    .replaceAll(/\s+/g, ' ')
    .trim()
  return line === '' ? 'nothing' : `"${line}"`
}
