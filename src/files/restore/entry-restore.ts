import { archiveSettings, type Archive } from '../../archive/index.ts'
import type { Session } from '../../connection/index.ts'
import { entryOptions, type Chosen } from '../../migrate/index.ts'
import { restoreWith, type Restore } from '../../plan/index.ts'

/** How the archive's entries become SQL in this run. `choices` are those with the services' roles renamed. */
export function restoreOf(
  archive: Archive,
  { target, choices, publicSchema }: { target: Session; choices: Chosen; publicSchema: 'ours' | 'theirs' },
): Restore {
  const { searchPath } = archiveSettings(archive)
  return restoreWith(
    // Archives that are older than 10.3 want the path of each entry's own schema.
    { ...entryOptions(choices), searchPath: searchPath === undefined ? 'per-entry' : 'fixed' },
    { user: target.user, major: target.major, publicSchema },
  )
}

/**
 * Statements that bring a session to what the archive's SQL assumes, as pg_restore does first of all
 * (_doSetFixedOutputState): ours are close to it, but for what older archives were written with. An archive's money is in the
 * form of the source's lc_monetary, which only a target with the same one reads; ours is always in that of C.
 */
export function sessionSettings(archive: Archive, madeBy: 'pgleap' | 'others'): string[] {
  const { standardConformingStrings, searchPath } = archiveSettings(archive)
  return [
    ...(standardConformingStrings === 'off'
      ? ['SET standard_conforming_strings = off', 'SET escape_string_warning = off']
      : []),
    ...(searchPath === undefined ? [] : [searchPath.replace(/;\s*$/, '')]),
    ...(madeBy === 'pgleap' ? [] : ['RESET lc_monetary']),
  ]
}
