import { isDeepStrictEqual } from 'node:util'
import { PgleapError } from '../errors.ts'
import type { MigrateServerOptions } from './options.ts'

/** The choices of a run with their defaults filled in: what the record keeps. Plain JSON, no secret. */
export interface ServerChoices {
  owners: 'keep' | 'skip'
  privileges: 'keep' | 'skip'
  tablespaces: 'keep' | 'skip'
  roleMap: Readonly<Record<string, string>>
  tablespaceMap: Readonly<Record<string, string>>
  partSize: number | null
  verify: 'full' | 'counts' | 'none'
  includeDatabases: readonly string[]
  excludeDatabases: readonly string[]
  sourceProvider: string | null
  targetProvider: string | null
  skipChecks: readonly string[]
  ownMemberships: 'grant' | 'skip'
  /** A path. */
  rolePasswords: string | null
}

export function serverChoices(options: Partial<Omit<MigrateServerOptions, 'source' | 'target'>>): ServerChoices {
  return {
    owners: options.owners ?? 'keep',
    privileges: options.privileges ?? 'keep',
    tablespaces: options.tablespaces ?? 'keep',
    roleMap: options.roleMap ?? {},
    tablespaceMap: options.tablespaceMap ?? {},
    partSize: options.partSize ?? null,
    verify: options.verify ?? 'full',
    includeDatabases: options.includeDatabases ?? [],
    excludeDatabases: options.excludeDatabases ?? [],
    sourceProvider: options.sourceProvider ?? null,
    targetProvider: options.targetProvider ?? null,
    skipChecks: options.skipChecks ?? [],
    ownMemberships: options.ownMemberships ?? 'grant',
    rolePasswords: options.rolePasswords ?? null,
  }
}

/** The providers that the user names, as other calls take them. */
export function chosenProviders({ sourceProvider, targetProvider }: ServerChoices): {
  sourceProvider?: string
  targetProvider?: string
} {
  return {
    ...(sourceProvider === null ? {} : { sourceProvider }),
    ...(targetProvider === null ? {} : { targetProvider }),
  }
}

/**
 * A run goes on with the choices that it began with, but for what decides over no object.
 * @throws PgleapError `resume.other-choices`
 */
export function assertSameServerChoices(began: ServerChoices, now: ServerChoices, again: string): void {
  const { verify, rolePasswords } = now
  if (isDeepStrictEqual({ ...began, verify, rolePasswords }, now)) return
  throw new PgleapError({
    code: 'resume.other-choices',
    message: 'The target holds an unfinished run of a whole server that began with other options.',
    hint: `Go on with it by ${again}, or give up on it: drop what it has made, and its record, the database pgleap_server_run.`,
    party: 'usage',
  })
}
