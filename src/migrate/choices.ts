import { isDeepStrictEqual } from 'node:util'
import type { EntrySqlOptions } from '../archive/index.ts'
import { PgleapError } from '../errors.ts'
import type { Choices } from './options.ts'

/** The choices of a run with their defaults filled in: what the ledger keeps. Plain JSON. */
export interface Chosen {
  include: readonly string[]
  exclude: readonly string[]
  excludeData: readonly string[]
  owners: 'keep' | 'skip'
  privileges: 'keep' | 'skip'
  tablespaces: 'keep' | 'skip'
  roleMap: Readonly<Record<string, string>>
  tablespaceMap: Readonly<Record<string, string>>
  /** As the user named them: an id, or the path of a YAML file. */
  sourceProvider: string | null
  targetProvider: string | null
  partSize: number | null
  verify: 'full' | 'counts' | 'none'
  skipChecks: readonly string[]
}

export function chosen(choices: Choices): Chosen {
  return {
    include: choices.include ?? [],
    exclude: choices.exclude ?? [],
    excludeData: choices.excludeData ?? [],
    owners: choices.owners ?? 'keep',
    privileges: choices.privileges ?? 'keep',
    tablespaces: choices.tablespaces ?? 'keep',
    roleMap: choices.roleMap ?? {},
    tablespaceMap: choices.tablespaceMap ?? {},
    sourceProvider: choices.sourceProvider ?? null,
    targetProvider: choices.targetProvider ?? null,
    partSize: choices.partSize ?? null,
    verify: choices.verify ?? 'full',
    skipChecks: choices.skipChecks ?? [],
  }
}

/** How the archive's entries become SQL under these choices. */
export function entryOptions(choices: Chosen): EntrySqlOptions & {
  roleMap: ReadonlyMap<string, string>
  tablespaceMap: ReadonlyMap<string, string>
} {
  const tablespaces = Object.entries(choices.tablespaceMap)
  return {
    owners: choices.owners,
    privileges: choices.privileges,
    tablespaces: choices.tablespaces,
    roleMap: new Map(Object.entries(choices.roleMap)),
    tablespaceMap: new Map(tablespaces.map(([from, to]) => [from, to === 'pg_default' ? '' : to])),
  }
}

/**
 * A run goes on with the choices that it began with; only the verification may be chosen anew, and a run that has begun is not checked again.
 * @throws PgleapError `resume.other-choices`
 */
export function assertSameChoices(began: Chosen, now: Chosen): void {
  if (isDeepStrictEqual({ ...began, verify: now.verify, skipChecks: now.skipChecks }, now)) return
  throw new PgleapError({
    code: 'resume.other-choices',
    message: 'The target holds an unfinished run that began with other options.',
    hint: 'Go on with it by "pgleap resume", or give up on it: empty the target, drop its schema pgleap, and start anew.',
    party: 'usage',
  })
}
