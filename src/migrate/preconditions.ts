import { ownersOf, rolesOf, type Archive, type EntrySqlOptions } from '../archive/index.ts'
import { describeObjects, readUserObjects } from '../check/index.ts'
import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'

/** Where runs keep their records. */
const LEDGERS: ReadonlySet<string> = new Set(['pgleap', 'pgleap_online'])

/**
 * What somebody has made in the session's database, in words, by schema and kind; nothing in a new one. Our own records and the
 * schemas `reserved` do not count.
 */
export async function userObjects(session: Session, reserved: readonly string[] = []): Promise<string[]> {
  const found = await readUserObjects(session)
  return found
    .filter(({ schema }) => schema === null || (!LEDGERS.has(schema) && !reserved.includes(schema)))
    .map(describeObjects)
}

/**
 * Refuses a target that holds objects already (invariant 8); what lies in the schemas of its service does not count.
 * @throws PgleapError `target.not-empty`
 */
export async function assertEmpty(target: Session, reserved: readonly string[] = []): Promise<void> {
  const found = await userObjects(target, reserved)
  if (found.length === 0) return
  throw new PgleapError({
    code: 'target.not-empty',
    message: `The target database "${target.database}" is not empty: it holds ${found.slice(0, 5).join(', ')}${found.length > 5 ? ' and more' : ''}.`,
    hint: 'Name an empty database (or make one with --create), or use --into-non-empty: what is there is never overwritten.',
    party: 'target',
  })
}

/**
 * Refuses an archive whose owners or grantees do not exist on the target; all of them in one error.
 * @param needed `others`: roles of the source that are needed beside those of the archive; `except`: roles that are left out
 * @throws PgleapError `target.missing-roles`
 */
export async function assertRolesExist(
  target: Session,
  archive: Archive,
  options: EntrySqlOptions,
  { others, except }: { others: readonly string[]; except: (role: string) => boolean },
): Promise<void> {
  const wanted = new Set<string>(others)
  if (options.owners === 'keep') for (const owner of ownersOf(archive)) wanted.add(owner)
  for (const entry of archive.entries) {
    const grants = entry.desc === 'ACL' || entry.desc === 'DEFAULT ACL'
    if (!grants || options.privileges === 'keep') for (const role of rolesOf(entry)) wanted.add(role)
  }
  const names = [...wanted].filter((role) => !except(role)).map((role) => options.roleMap?.get(role) ?? role)
  const missing = await target.query<{ name: string }>(
    'select w.name from unnest($1::text[]) w(name) where not exists (select from pg_catalog.pg_roles where rolname = w.name) order by 1',
    [names],
  )
  if (missing.length === 0) return
  const list = missing.map((role) => role.name)
  throw new PgleapError({
    code: 'target.missing-roles',
    message: `The target has no role ${list.map((name) => `"${name}"`).join(', ')}, which own${list.length === 1 ? 's' : ''} objects of the source or hold${list.length === 1 ? 's' : ''} grants on them.`,
    hint: `Create ${list.length === 1 ? 'it' : 'them'} on the target, name another with --role-map ${list[0] ?? 'old'}=NEW, or leave owners and grants out with --no-owner --no-privileges.`,
    party: 'target',
  })
}

/**
 * The owners of the archive, by their names on the target, to whom the connected role may not give objects: it has to be
 * a member of them (from PostgreSQL 16 on, with the SET option). None for a superuser, and none that is one: nobody
 * should be made a member of those.
 */
export async function ownersOutOfReach(target: Session, archive: Archive, options: EntrySqlOptions): Promise<string[]> {
  if (options.owners !== 'keep') return []
  const owners = [...ownersOf(archive)].map((role) => options.roleMap?.get(role) ?? role)
  const found = await target.query<{ name: string }>(
    'select rolname::text as name from pg_catalog.pg_roles where rolname = any ($1::text[]) and not rolsuper and not pg_catalog.pg_has_role(oid, $2) order by 1',
    [owners, target.major >= 16 ? 'SET' : 'MEMBER'],
  )
  return found.map(({ name }) => name)
}

/**
 * Refuses a source that uses extensions which the target does not offer; all of them in one error.
 * @throws PgleapError `target.missing-extensions`
 */
export async function assertExtensionsAvailable(target: Session, archive: Archive): Promise<void> {
  const names = archive.entries.filter((entry) => entry.desc === 'EXTENSION').map((entry) => entry.tag)
  const missing = await target.query<{ name: string }>(
    'select w.name from unnest($1::text[]) w(name) where not exists (select from pg_catalog.pg_available_extensions a where a.name = w.name) order by 1',
    [names],
  )
  if (missing.length === 0) return
  throw new PgleapError({
    code: 'target.missing-extensions',
    message: `The target does not offer the extension ${missing.map((extension) => `"${extension.name}"`).join(', ')}, which the source uses.`,
    hint: "Install its package on the target server (or allow it in the provider's console), then run the same command again.",
    party: 'target',
  })
}

/**
 * Refuses a source whose objects lie in tablespaces that the target does not have; all of them in one error.
 * @throws PgleapError `target.missing-tablespaces`
 */
export async function assertTablespacesExist(
  target: Session,
  archive: Archive,
  map: ReadonlyMap<string, string>,
): Promise<void> {
  const wanted = archive.entries.map(({ tablespace = '' }) => map.get(tablespace) ?? tablespace)
  const names = new Set(wanted.filter((name) => name !== ''))
  const missing = await target.query<{ name: string }>(
    'select w.name from unnest($1::text[]) w(name) where not exists (select from pg_catalog.pg_tablespace where spcname = w.name) order by 1',
    [[...names]],
  )
  if (missing.length === 0) return
  throw new PgleapError({
    code: 'target.missing-tablespaces',
    message: `The target has no tablespace ${missing.map(({ name }) => `"${name}"`).join(', ')}, where objects of the source lie.`,
    hint: 'Create it on the target, name another with --tablespace-map, or put everything into the default tablespace with --no-tablespaces.',
    party: 'target',
  })
}
