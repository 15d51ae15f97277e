import { loadSql, quoteIdent, quoteLiteral } from '../../sql.ts'
import { check, type NewFinding, type ProbeEnds } from '../check.ts'
import { listed, statements } from '../names.ts'
import { EXTENSIONS, extensionObject, offered, onBoth, type ExtensionRow, type OfferedRow } from './extension-row.ts'

/**
 * Which of two versions is older, number by number; 0 where they are equal or cannot be compared. PostgreSQL itself
 * knows no order of versions.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)]
  for (const [index, number] of left.entries()) {
    const difference = number - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return left.length < right.length && right.slice(left.length).some((number) => number > 0) ? -1 : 0
}

function numbersOf(version: string): number[] {
  return (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').flatMap((part) => (part === '' ? [] : [Number(part)]))
}

/** A version that the target can make, or go to from the one that it has. */
export interface VersionRow {
  name: string
  reachable: string
}

export const versions = check<ExtensionRow, OfferedRow | VersionRow>({
  id: 'X02',
  title: 'No extension gets an older version on the target',
  severity: 'error',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: EXTENSIONS,
  target: { probe: offersAndVersions },
  assess: ({ source, target = [] }, pair) => {
    const theirs = target.filter((row) => 'defaultVersion' in row)
    const reachable = target.filter((row) => 'reachable' in row)
    return onBoth(source, theirs, pair).flatMap((both) => olderVersion(both.ours, both.theirs, reachable))
  },
})

const REACHABLE = loadSql(import.meta.url, 'reachable-versions.sql')

async function offersAndVersions({ source, target, pair }: ProbeEnds): Promise<(OfferedRow | VersionRow)[]> {
  if (target === undefined) return []
  const extensions = await source.query<ExtensionRow>(EXTENSIONS)
  const offers = await target.query<OfferedRow>(offered(pair.target))
  const older = onBoth(extensions, offers, pair).filter(({ ours, theirs }) => isOlder(ours, theirs))
  // Update paths of extensions with many versions take the server long to find: only where something is amiss.
  const names = older.map(({ ours }) => ours.name)
  return names.length === 0 ? offers : [...offers, ...(await target.query<VersionRow>(REACHABLE, [names]))]
}

function isOlder(ours: ExtensionRow, theirs: OfferedRow): boolean {
  return compareVersions(theirs.installed ?? theirs.defaultVersion, ours.version) < 0
}

/** Pure, and tested on rows: a target that offers less than its source is hard to come by with PostgreSQL's own modules. */
export function olderVersion(ours: ExtensionRow, theirs: OfferedRow, reachable: readonly VersionRow[]): NewFinding[] {
  if (!isOlder(ours, theirs)) return []
  const versionsThere = reachable.filter((row) => row.name === ours.name).map((row) => row.reachable)
  const fitting = versionsThere
    .filter((version) => compareVersions(version, ours.version) >= 0)
    .toSorted(compareVersions)[0]
  const object = extensionObject(ours.name)
  const name = quoteIdent(ours.name)
  const { installed } = theirs
  if (installed === null) {
    const message = `The source has ${ours.version}, and the target makes ${theirs.defaultVersion}, which is older: what uses newer functions or types fails to restore.`
    if (fitting === undefined) {
      const text = `Install a newer package of ${ours.name} on the target, or bring what uses it back to ${theirs.defaultVersion}.`
      return [{ object, message, fix: { kind: 'advice', text } }]
    }
    const create = `CREATE EXTENSION ${name} WITH SCHEMA ${quoteIdent(ours.schema)} VERSION ${quoteLiteral(fitting)}`
    return [
      {
        object,
        message,
        fix: { kind: 'sql', side: 'target', sql: statements(create), undo: statements(`DROP EXTENSION ${name}`) },
      },
    ]
  }
  const message = `The target's database has it already, as ${installed}, and the source has ${ours.version}: what uses newer functions or types fails to restore.`
  if (fitting === undefined) {
    const text = `There is no update path from ${installed} to ${ours.version} there (${listed(versionsThere)}): install a newer package, or drop the extension on the target.`
    return [{ object, message, fix: { kind: 'advice', text } }]
  }
  return [
    {
      object,
      message,
      fix: {
        kind: 'sql',
        side: 'target',
        sql: statements(`ALTER EXTENSION ${name} UPDATE TO ${quoteLiteral(fitting)}`),
        undo: statements(
          `DROP EXTENSION ${name}`,
          `CREATE EXTENSION ${name} WITH SCHEMA ${quoteIdent(theirs.installedIn ?? 'public')} VERSION ${quoteLiteral(installed)}`,
        ),
      },
    },
  ]
}

export const postgis = check<ExtensionRow, OfferedRow>({
  id: 'X12',
  title: 'PostGIS is of the same major version on both sides',
  severity: 'error',
  paths: ['offline', 'online', 'files'],
  needs: 'target',
  source: EXTENSIONS,
  target: offered,
  assess: ({ source, target = [] }) => postgisChanges(source, target),
})

/**
 * Pure, and tested on rows. Up to 2, raster was a part of postgis; 3 has it in postgis_raster, which a dump of 2 does not
 * make (PostGIS manual, "Hard upgrade").
 */
export function postgisChanges(source: readonly ExtensionRow[], target: readonly OfferedRow[]): NewFinding[] {
  const [ours, theirs] = [source, target].map((rows) => rows.find(({ name }) => name === 'postgis'))
  if (ours === undefined || theirs === undefined) return []
  const [from, to] = [versionOf(ours), versionOf(theirs)]
  const [major, majorThere] = [numbersOf(from)[0] ?? 0, numbersOf(to)[0] ?? 0]
  if (major === majorThere) return []
  const raster = major < 3 && majorThere >= 3
  return [
    {
      object: extensionObject('postgis'),
      message: `The source has PostGIS ${from}, and the target ${to}: functions were removed in between, and what uses them fails to restore.${raster ? ' Raster has moved to an extension of its own, which the source cannot name.' : ''}`,
      fix: {
        kind: 'advice',
        text: raster
          ? `Bring the source to PostGIS ${String(majorThere)} first (SELECT postgis_extensions_upgrade()), or, where raster is used, CREATE EXTENSION postgis_raster on the target before the migration.`
          : `Bring the source to PostGIS ${String(majorThere)} first: SELECT postgis_extensions_upgrade(), twice from 2 on.`,
      },
    },
  ]
}

function versionOf(row: ExtensionRow | OfferedRow): string {
  return 'version' in row ? row.version : (row.installed ?? row.defaultVersion)
}
