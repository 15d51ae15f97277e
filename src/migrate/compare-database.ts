import { readDatabase, readDatabaseLabels, type DatabaseFacts, type DatabaseLabel } from '../catalog/index.ts'
import type { Session } from '../connection/index.ts'
import { settingSql } from '../sql.ts'
import type { ObjectVerdict } from '../verify/index.ts'
import { closesDatabase, type DatabasePropertyOptions } from './database.ts'

/** A database as such. */
export interface DatabaseProperties {
  facts: DatabaseFacts
  labels: readonly DatabaseLabel[]
}

/** The session's own database. */
export async function readDatabaseProperties(session: Session): Promise<DatabaseProperties> {
  return { facts: await readDatabase(session), labels: await readDatabaseLabels(session) }
}

export interface CompareDatabaseOptions extends DatabasePropertyOptions {
  /**
   * What to make of properties that the target has otherwise: a run leaves those alone that it finds set there (`ignore`).
   * What the target alone has is its own, or its service's, in any case.
   */
  otherwise: 'report' | 'ignore'
}

/**
 * Compares what the source has set for its database with what the target has: one verdict for each such property. The details
 * name no value: a setting may hold a secret. Pure.
 */
export function compareDatabase(
  source: DatabaseProperties,
  target: DatabaseProperties,
  options: CompareDatabaseOptions,
): ObjectVerdict[] {
  const { otherwise, role } = options
  const object = target.facts.name
  const verdicts: ObjectVerdict[] = []
  const compare = (kind: string, ours: string, theirs: string | undefined) => {
    const detail = theirs === undefined ? 'missing on the target' : 'another one on the target'
    const same = theirs === ours || (theirs !== undefined && otherwise === 'ignore')
    verdicts.push({
      object,
      kind: `database ${kind}`,
      ...(same ? { verdict: 'SAME' } : { verdict: 'DIFFERENT', detail }),
    })
  }
  if (options.owner === 'keep') compare('owner', role(source.facts.owner), target.facts.owner)
  if (source.facts.comment !== undefined) compare('comment', source.facts.comment, target.facts.comment)
  if (source.facts.connectionLimit !== -1) {
    const limit = target.facts.connectionLimit
    compare('connection limit', String(source.facts.connectionLimit), limit === -1 ? undefined : String(limit))
  }
  compareSettings(source.facts, target.facts, { ...options, compare })
  const onTarget = new Map(target.labels.map(({ provider, label }) => [provider, label]))
  for (const { provider, label } of source.labels)
    compare(`security label of ${provider}`, label, onTarget.get(provider))
  if (options.privileges === 'keep') verdicts.push(...compareGrants(source.facts, target.facts, options))
  return verdicts
}

function compareSettings(
  source: DatabaseFacts,
  target: DatabaseFacts,
  { roleSettings, role, compare }: CompareDatabaseOptions & { compare: Compare },
): void {
  // Lists of names are equal where their names are, however these are quoted.
  const onTarget = new Map(target.settings.map((one) => [keyOf(one.role, one.name), settingSql(one.name, one.value)]))
  for (const setting of source.settings) {
    if (closesDatabase(setting) || (setting.role !== undefined && roleSettings === 'skip')) continue
    const of = setting.role === undefined ? undefined : role(setting.role)
    const kind = `setting ${setting.name}${of === undefined ? '' : ` of role ${of}`}`
    compare(kind, settingSql(setting.name, setting.value), onTarget.get(keyOf(of, setting.name)))
  }
}

function keyOf(role: string | undefined, name: string): string {
  return `${role ?? ''}\0${name}`
}

type Compare = (kind: string, ours: string, theirs: string | undefined) => void

/** Undefined is what a new database has (acl.c, acldefault): CONNECT and TEMPORARY for all, beside what owners have. */
function compareGrants(
  source: DatabaseFacts,
  target: DatabaseFacts,
  { role, otherwise }: CompareDatabaseOptions,
): ObjectVerdict[] {
  const ours = rightsOf(source, role)
  const theirs = rightsOf(target, (name) => name)
  // Owners have grant options on everything, recorded or not; another owner on the target has its own.
  const owners = new Set([role(source.owner), target.owner])
  const details = [
    ...[...ours].flatMap(([right, { to, text }]) =>
      owners.has(to) || theirs.has(right) ? [] : [`${text} is missing`],
    ),
    // What was taken from all must not be left to them.
    ...[...theirs].flatMap(([right, { to, text }]) =>
      to === PUBLIC && otherwise === 'report' && !ours.has(right) ? [`${text} is not on the source`] : [],
    ),
  ]
  const same = details.length === 0
  if (same && source.grants === undefined) return []
  return [
    {
      object: target.name,
      kind: 'database grants',
      ...(same ? { verdict: 'SAME' } : { verdict: 'DIFFERENT', detail: details.join('; ') }),
    },
  ]
}

const PUBLIC = ''

const DEFAULT: NonNullable<DatabaseFacts['grants']> = ['TEMPORARY', 'CONNECT'].map((privilege) => ({
  grantee: undefined,
  privilege,
  grantable: false,
  grantor: '',
}))

function rightsOf(
  { grants = DEFAULT }: DatabaseFacts,
  role: (name: string) => string,
): Map<string, { to: string; text: string }> {
  return new Map(
    grants.map(({ grantee, privilege, grantable }) => {
      const to = grantee === undefined ? PUBLIC : role(grantee)
      const text = `${privilege} to ${to === PUBLIC ? 'PUBLIC' : to}${grantable ? ' with grant option' : ''}`
      return [text, { to, text }]
    }),
  )
}
