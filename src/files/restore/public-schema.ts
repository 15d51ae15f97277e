import { grantsOf, tokens, type Archive } from '../../archive/index.ts'
import { PUBLIC_CREATE } from '../../migrate/index.ts'
import type { NoticeReport } from '../../report/index.ts'

/** The first major on which not everybody may create objects in schema public; also of the pg_dump that assumes so. */
const CLOSED = 15

export interface Majors {
  /** Of the pg_dump that wrote the archive. */
  pgDump: number
  source: number
  target: number
}

/**
 * What is to be done and said about grants on schema public, so that it ends as it was on the source. pg_dump writes them
 * as changes to what a database begins with: for pg_dump 15 and newer that nobody but its owner may create objects there,
 * whatever server it reads (pg_dump.c, getNamespaces); for older ones that everybody may.
 */
export function publicGrants(
  archive: Archive,
  { pgDump, source, target }: Majors,
): { before: string[]; notice?: NoticeReport } {
  if (source >= CLOSED) return { before: [] }
  const isOpen = pgDump >= CLOSED ? isOpened(archive) : !isClosed(archive)
  if (target < CLOSED) {
    return { before: pgDump >= CLOSED && !isOpen ? ['REVOKE CREATE ON SCHEMA public FROM PUBLIC'] : [] }
  }
  const before = pgDump < CLOSED ? ['GRANT CREATE ON SCHEMA public TO PUBLIC'] : []
  return isOpen ? { before, notice: PUBLIC_CREATE } : { before }
}

function isOpened(archive: Archive): boolean {
  return statements(archive).some(({ verb, isCreate }) => verb === 'grant' && isCreate)
}

/** The last statement about it decides. */
function isClosed(archive: Archive): boolean {
  return statements(archive).findLast(({ isCreate }) => isCreate)?.verb === 'revoke'
}

/** What is granted to everybody, or taken from everybody, on schema public. */
function statements({ entries }: Archive): { verb: string; isCreate: boolean }[] {
  return entries
    .filter(({ desc, tag, namespace }) => desc === 'ACL' && tag === 'SCHEMA public' && namespace === undefined)
    .flatMap(grantsOf)
    .map((text) => tokens(text))
    .filter((all) => all.at(-2)?.name === 'public')
    .map((all) => ({
      verb: all[0]?.name ?? '',
      isCreate: all.some(({ name, kind }) => kind === 'word' && (name === 'all' || name === 'create')),
    }))
}
