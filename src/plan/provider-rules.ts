import { grantsOf, isAcl, mapRoles, ownersOf, rolesOf, tokens, withoutStatements } from '../archive/index.ts'
import type { Archive, Entry } from '../archive/index.ts'
import { isReserved, type Provider, type ReservedKind } from '../provider/index.ts'
import { quoteIdent } from '../sql.ts'

/** Whose services are on both ends, and what has to be known of the servers to follow their rules. */
export interface ProviderRules {
  source: Provider
  target: Provider
  /** The connecting role of the source: where the service calls it a role of its own, what it owns is still the customer's. */
  sourceUser: string
  targetUser: string
  /** A superuser may do on the target what its service does not offer. */
  targetSuperuser: boolean
  /** Names that the target has. */
  onTarget: { roles: ReadonlySet<string>; tablespaces: ReadonlySet<string>; schemas: ReadonlySet<string> }
  /** The user's own renamings, which come before all rules. */
  roleMap: ReadonlyMap<string, string>
  tablespaceMap: ReadonlyMap<string, string>
}

/** Why entries stay behind; one notice each. */
export type OmissionReason =
  'extensions' | 'objects' | 'default-privileges' | 'not-allowed' | 'grants' | 'grants-on-system' | 'policies'

export interface Omission {
  reason: OmissionReason
  /** What stays behind, as it is called; for grants the roles that they are for. */
  names: string[]
  /** Entries, or of grants their statements. */
  count: number
}

export interface Provided {
  archive: Archive
  omissions: Omission[]
  /** Roles of a service that own objects of the customer's, which now belong to the connecting role of the target. */
  owners: string[]
  /** What roles are called on the target: comes after the user's own renamings. */
  roleMap: ReadonlyMap<string, string>
  /** Tablespaces that the target can not have; what lies in them goes to the default one. */
  tablespaces: string[]
}

/**
 * Leaves out of an archive what belongs to the service on either end, and what the target's does not take. Everything else stays
 * as it is: an entry's text only ever loses whole statements, those that grant to roles which the target cannot have. Doing it
 * again changes nothing.
 *
 * `wanted`: on the target's own archive, the grants of the source's; what the service grants to its own roles beyond
 * them is not looked at.
 */
export function followProviders(archive: Archive, rules: ProviderRules, wanted?: ReadonlySet<string>): Provided {
  const found = new Omissions()
  const gone = new Set<number>()
  const goneExtensions = new Set<number>()
  const entries: Entry[] = []
  const tablespaces = new Set<string>()
  const owners = new Set<string>()
  const user = wanted === undefined ? rules.sourceUser : rules.targetUser
  for (const entry of archive.entries) {
    const isBehind = isAttached(entry, gone) || isRowsOf(entry, goneExtensions)
    const reason = isBehind ? 'attached' : omissionOf(entry, rules, user)
    if (reason !== undefined) {
      gone.add(entry.dumpId)
      if (reason === 'extensions') goneExtensions.add(entry.dumpId)
      if (reason !== 'attached') found.add(reason, nameOf(entry))
      continue
    }
    const kept = changed(entry, { rules, wanted, found, tablespaces, owners })
    if (kept === undefined) gone.add(entry.dumpId)
    else entries.push(kept)
  }
  const { sourceUser, targetUser } = rules
  return {
    archive: { ...archive, entries },
    omissions: found.list(),
    owners: [...owners].toSorted(),
    roleMap: new Map([
      // What the connecting role has on the source, ours has on the target.
      ...(isTheirs(rules, sourceUser) ? [[sourceUser, targetUser] as const] : []),
      // A name that something was renamed to is written in double quotes, and so it has to be everywhere.
      ...(owners.size > 0 ? [[targetUser, targetUser] as const] : []),
    ]),
    tablespaces: [...tablespaces].toSorted(),
  }
}

/** Every grant of an archive as a statement: what `followProviders` of the other side's takes. */
export function grantsIn(archive: Archive): Set<string> {
  return new Set(archive.entries.filter(isAcl).flatMap(grantsOf))
}

/** A role of either service, and none of PostgreSQL's own: those are there on every server that knows them. */
export function isTheirs({ source, target, roleMap }: ProviderRules, role: string): boolean {
  if (roleMap.has(role) || role.startsWith('pg_')) return false
  return isReserved(source, 'role', role) || isReserved(target, 'role', role)
}

/** A name that one of the services keeps for itself. */
export function isOfEither(
  { source, target }: Pick<ProviderRules, 'source' | 'target'>,
  kind: ReservedKind,
  name: string,
): boolean {
  return isReserved(source, kind, name) || isReserved(target, kind, name)
}

/** Whether the target lacks a role that it cannot be given: the other service's, or one that only newer servers have. */
export function isOutOfReach(rules: ProviderRules, role: string): boolean {
  if (rules.onTarget.roles.has(role) || rules.roleMap.has(role)) return false
  // What its connecting role has on the source, ours has on the target.
  return role !== rules.sourceUser && (isTheirs(rules, role) || role.startsWith('pg_'))
}

/**
 * Schemas of a service that the target lacks, but where extensions lie that are to be made: as entries that make them, empty, before all
 * others. Supabase keeps everybody's extensions in such a one.
 */
export function schemasOfExtensions(archive: Archive, rules: ProviderRules): Entry[] {
  const schemas = archive.entries.flatMap((entry) => (entry.desc === 'EXTENSION' ? schemaOf(entry) : []))
  const missing = [...new Set(schemas)].filter((name) => isOfEither(rules, 'schema', name) && !name.startsWith('pg_'))
  return missing.map((name, at) => ({
    dumpId: -1 - at,
    catalogOid: { table: 0, object: 0 },
    tag: name,
    desc: 'SCHEMA',
    section: 'pre-data',
    defn: `CREATE SCHEMA ${quoteIdent(name)};\n`,
    dropStmt: '',
    copyStmt: '',
    namespace: undefined,
    tablespace: undefined,
    tableAccessMethod: undefined,
    relkind: undefined,
    owner: undefined,
    dependencies: [],
    hadDumper: false,
    data: undefined,
  }))
}

/** Entries whose text names one of these schemas, function bodies aside: what needs something that stays behind. */
export function entriesNaming(archive: Archive, schemas: readonly string[]): Entry[] {
  if (schemas.length === 0) return []
  return archive.entries.filter(({ defn }) => {
    if (!schemas.some((schema) => defn.includes(schema))) return false
    const all = tokens(defn)
    return all.some(
      ({ name, kind }, at) =>
        (kind === 'word' || kind === 'quoted') && all[at + 1]?.text === '.' && schemas.includes(name),
    )
  })
}

/** `PUBLICATION supabase_realtime`, as a notice lists it. */
function nameOf({ desc, namespace, tag }: Entry): string {
  if (desc === 'EXTENSION') return tag
  return `${desc.toLowerCase()} ${namespace === undefined ? '' : `${namespace}.`}${tag}`
}

const SAID_OF_OTHERS = new Set([
  'ACL',
  'COMMENT',
  'SECURITY LABEL',
  'PUBLICATION TABLE',
  'PUBLICATION TABLES IN SCHEMA',
])

/** A grant on, or a comment about, something that stays behind. */
function isAttached({ desc, dependencies }: Entry, gone: ReadonlySet<number>): boolean {
  return SAID_OF_OTHERS.has(desc) && dependencies.some((id) => gone.has(id))
}

/** Of a table or a sequence that an extension makes; other rows may only refer to those. */
function isRowsOf({ desc, dependencies }: Entry, extensions: ReadonlySet<number>): boolean {
  return (desc === 'TABLE DATA' || desc === 'SEQUENCE SET') && dependencies.some((id) => extensions.has(id))
}

/** Kinds that a service makes in its customers' databases under its own name. */
const MADE_BY_SERVICES = new Set([
  'PUBLICATION',
  'EVENT TRIGGER',
  'SUBSCRIPTION',
  'FOREIGN DATA WRAPPER',
  'PROCEDURAL LANGUAGE',
])

function omissionOf(entry: Entry, rules: ProviderRules, user: string): OmissionReason | undefined {
  const { desc, tag, owner } = entry
  if (desc === 'EXTENSION' && isOfEither(rules, 'extension', tag)) return 'extensions'
  if (rules.target.notAllowed.includes(desc) && !rules.targetSuperuser) return 'not-allowed'
  if (owner === undefined || owner === user || !isTheirs(rules, owner))
    return namesNobody(entry, rules) ? 'policies' : undefined
  if (MADE_BY_SERVICES.has(desc)) return 'objects'
  return desc === 'DEFAULT ACL' ? 'default-privileges' : undefined
}

/** A policy or user mapping for roles of which the target has none: no session there could ever be one of them. */
function namesNobody(entry: Entry, rules: ProviderRules): boolean {
  if (entry.desc !== 'POLICY' && entry.desc !== 'USER MAPPING') return false
  const roles = [...rolesOf(entry)]
  return roles.length > 0 && roles.every((role) => isOutOfReach(rules, role))
}

interface Changing {
  rules: ProviderRules
  wanted: ReadonlySet<string> | undefined
  found: Omissions
  tablespaces: Set<string>
  owners: Set<string>
}

/** The entry without what cannot be said on the target; undefined where nothing is left of it. */
function changed(entry: Entry, changing: Changing): Entry | undefined {
  const kept = isAcl(entry) ? withoutTheirGrants(entry, changing) : withoutTablespace(entry, changing)
  return kept === undefined ? undefined : withOurOwner(kept, changing)
}

function withOurOwner(entry: Entry, { rules, owners }: Changing): Entry {
  const { owner } = entry
  // Every database is born with it, and at a service it stays whose it is there.
  if (entry.desc === 'SCHEMA' && entry.tag === 'public' && owner !== undefined && isTheirs(rules, owner)) {
    return { ...entry, owner: undefined }
  }
  if (owner === undefined || owner === rules.targetUser || !isTheirs(rules, owner)) return entry
  if (ownersOf({ entries: [entry] }).size > 0) owners.add(owner)
  const defn = isAcl(entry) ? mapRoles(entry, new Map([[owner, rules.targetUser]])) : entry.defn
  return { ...entry, defn, owner: rules.targetUser }
}

function withoutTablespace(entry: Entry, { rules, tablespaces }: Changing): Entry {
  const { tablespace = '' } = entry
  if (tablespace === '' || !isUnavailable(rules, tablespace)) return entry
  tablespaces.add(tablespace)
  return { ...entry, tablespace: '' }
}

function isUnavailable(rules: ProviderRules, tablespace: string): boolean {
  if (rules.tablespaceMap.has(tablespace)) return false
  if (isOfEither(rules, 'tablespace', tablespace)) return true
  if (rules.targetSuperuser || !rules.target.notAllowed.includes('TABLESPACE')) return false
  return !rules.onTarget.tablespaces.has(tablespace)
}

function withoutTheirGrants(entry: Entry, { rules, wanted, found }: Changing): Entry | undefined {
  // A service's own grants on PostgreSQL's objects are not the customer's to repeat.
  const isSystem = entry.namespace === 'pg_catalog' || entry.namespace === 'information_schema'
  const unwanted = (roles: readonly string[], text: string): boolean => {
    if (isSystem && roles.some((role) => isTheirs(rules, role))) return true
    const others = roles.filter((role) => role !== entry.owner)
    if (wanted !== undefined) {
      return others.some((role) => role !== rules.targetUser && isTheirs(rules, role)) && !wanted.has(text)
    }
    return others.some((role) => isOutOfReach(rules, role))
  }
  const roles = new Set<string>()
  const { defn, left } = withoutStatements(entry, (named, text) => {
    if (!unwanted(named, text)) return false
    for (const role of named) {
      if (role !== entry.owner && (isTheirs(rules, role) || isOutOfReach(rules, role))) roles.add(role)
    }
    return true
  })
  if (left === 0 && defn === entry.defn) return entry
  if (left > 0) found.add(isSystem ? 'grants-on-system' : 'grants', [...roles], left)
  return grantsOf({ ...entry, defn }).length === 0 ? undefined : { ...entry, defn }
}

class Omissions {
  readonly #byReason = new Map<OmissionReason, { names: Set<string>; count: number }>()

  add(reason: OmissionReason, names: string | readonly string[], count = 1): void {
    const known = this.#byReason.get(reason) ?? { names: new Set(), count: 0 }
    for (const name of typeof names === 'string' ? [names] : names) known.names.add(name)
    known.count += count
    this.#byReason.set(reason, known)
  }

  list(): Omission[] {
    return [...this.#byReason].map(([reason, { names, count }]) => ({ reason, names: [...names].toSorted(), count }))
  }
}

/** pg_dump writes `CREATE EXTENSION IF NOT EXISTS name WITH SCHEMA schema` (dumpExtension). */
function schemaOf({ defn }: Entry): string[] {
  const all = tokens(defn)
  const at = all.findIndex(({ name }, index) => name === 'schema' && all[index - 1]?.name === 'with')
  const schema = at === -1 ? undefined : all[at + 1]?.name
  return schema === undefined ? [] : [schema]
}
