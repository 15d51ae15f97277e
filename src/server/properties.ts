import type { DatabaseFacts } from '../catalog/index.ts'
import { closesDatabase } from '../migrate/index.ts'
import type { VerifiedObject } from '../report/index.ts'
import { settingSql } from '../sql.ts'

export interface PropertyOptions {
  owners: 'keep' | 'skip'
  privileges: 'keep' | 'skip'
  /** Whether the run has made the target database; owner, locale and comment of another's are its maker's. */
  made: 'by-us' | 'found'
  /** The target's name of a role of the source. */
  role: (name: string) => string
  majors: { source: number; target: number }
}

/**
 * Compares two databases as such: owner, encoding and locale, comment, connection limit, settings, grants. Settings of roles in the
 * database are compared with the roles. Pure.
 */
export function compareProperties(
  source: DatabaseFacts,
  target: DatabaseFacts,
  options: PropertyOptions,
): VerifiedObject[] {
  const found: VerifiedObject[] = []
  const add = (kind: string, detail: string | undefined) => {
    const verdict = detail === undefined ? { verdict: 'SAME' as const } : { verdict: 'DIFFERENT' as const, detail }
    found.push({ object: target.name, kind, ...verdict })
  }
  const compare = (kind: string, ours: string, theirs: string) => {
    add(kind, ours === theirs ? undefined : `${shown(ours)} on the source, ${shown(theirs)} on the target`)
  }
  if (options.made === 'by-us') {
    if (options.owners === 'keep') compare('database owner', options.role(source.owner), target.owner)
    compare('database encoding', source.encoding, target.encoding)
    compare('database locale', localeOf(source, options), localeOf(target, options))
    compare('database comment', source.comment ?? '', target.comment ?? '')
  }
  compare('database connection limit', String(source.connectionLimit), String(target.connectionLimit))
  const settings = settingsThatDiffer(source, target)
  add('database settings', settings.length === 0 ? undefined : `${settings.join(', ')} differ`)
  if (options.privileges === 'keep') {
    // Owners have grant options on everything, recorded or not; another owner on the target has its own.
    const owners = new Set([options.role(source.owner), target.owner])
    compare('database grants', grantsOf(source, options.role, owners), grantsOf(target, asItIs, owners))
  }
  return found
}

function asItIs(name: string): string {
  return name
}

function localeOf(facts: DatabaseFacts, { majors }: PropertyOptions): string {
  const libc = `${facts.collate} ${facts.ctype}`
  if (facts.localeProvider === 'libc') return libc
  // From 16 on CREATE DATABASE turns an ICU locale's name into a language tag (collationcmds.c, dbcommands.c).
  const renamed = facts.localeProvider === 'icu' && majors.source < 16 && majors.target > 15
  const locale = renamed ? '' : ` ${facts.icuLocale ?? ''} ${facts.icuRules ?? ''}`
  return `${libc} ${facts.localeProvider}${locale}`.trim()
}

/** Their names alone: a setting of an application's own may hold its secret. */
function settingsThatDiffer(source: DatabaseFacts, target: DatabaseFacts): string[] {
  const [ours, theirs] = [settingsOf(source), settingsOf(target)]
  const names = new Set([...ours.keys(), ...theirs.keys()])
  return [...names].filter((name) => ours.get(name) !== theirs.get(name)).toSorted()
}

/** Lists of names are equal where their names are, however these are quoted. */
function settingsOf({ settings }: DatabaseFacts): Map<string, string> {
  const own = settings.filter((setting) => setting.role === undefined && !closesDatabase(setting))
  return new Map(own.map(({ name, value }) => [name, settingSql(name, value)]))
}

/** What holds where nothing was granted (acl.c, acldefault): CONNECT and TEMPORARY for all, beside what owners have. */
function grantsOf(facts: DatabaseFacts, role: (name: string) => string, owners: ReadonlySet<string>): string {
  const grants = facts.grants ?? [
    { grantee: undefined, privilege: 'TEMPORARY', grantable: false },
    { grantee: undefined, privilege: 'CONNECT', grantable: false },
  ]
  const lines = grants.flatMap(({ grantee, privilege, grantable }) => {
    const to = grantee === undefined ? 'PUBLIC' : role(grantee)
    return owners.has(to) ? [] : [`${privilege} to ${to}${grantable ? ' with grant option' : ''}`]
  })
  return [...new Set(lines)].toSorted().join('; ')
}

function shown(text: string): string {
  return text === '' ? 'none' : text
}
