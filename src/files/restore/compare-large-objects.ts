import { grantsOf, isAcl, rolesOf, tokens, type Archive, type Entry, type Token } from '../../archive/index.ts'
import type { Session } from '../../connection/index.ts'
import { readLargeObjectProperties, type LargeObjectProperties, type RoleChoices } from '../../verify/index.ts'
import { oidsOf } from './large-object-grants.ts'

/** Objects in one round trip. */
const AT_ONCE = 1000
/** How many differing objects are named. */
const MOST_NAMED = 10

/** Large objects of which the archive says the same. */
interface Group {
  oids: readonly string[]
  owner: string
  /** By grantee (empty for PUBLIC) and privilege: whether it may be passed on. */
  rights: Map<string, boolean>
}

/** What few large objects have, by OID. */
interface Remarks {
  comments: ReadonlyMap<string, string>
  labels: ReadonlyMap<string, ReadonlySet<string>>
}

/**
 * Compares what the archive says of its large objects (owners, rights, comments, security labels) with what is on the target.
 * Names the first that differ, each with what does; undefined where none does. Owners and rights count as far as they are carried over.
 */
export async function changedLargeObjects(
  target: Session,
  archive: Archive,
  choices: RoleChoices,
): Promise<string | undefined> {
  const remarks = remarksIn(archive)
  const changed: string[] = []
  for (const page of pages(groupsIn(archive))) {
    const found = await readLargeObjectProperties(target, [...page.keys()])
    for (const [oid, group] of page) {
      const now = found.get(Number(oid))
      const what = now === undefined ? ['missing on the target'] : changesOf(group, now, { remarks, choices })
      if (what.length > 0) changed.push(`${oid}: ${what.join(' and ')}`)
    }
  }
  if (changed.length === 0) return undefined
  const more = changed.length > MOST_NAMED ? [`and ${String(changed.length - MOST_NAMED)} more`] : []
  return [...changed.slice(0, MOST_NAMED), ...more].join('; ')
}

function groupsIn({ entries }: Archive): Group[] {
  const groups = new Map<number, Group>()
  for (const entry of entries) {
    const { desc, dumpId, tag, owner = '', dependencies } = entry
    if (desc === 'BLOB') groups.set(dumpId, { oids: [tag], owner, rights: ownersRights(owner) })
    if (desc === 'BLOB METADATA') groups.set(dumpId, { oids: oidsOf(entry), owner, rights: ownersRights(owner) })
    if (!isAcl(entry) || !tag.startsWith('LARGE OBJECT')) continue
    const group = dependencies.map((id) => groups.get(id)).find((one) => one !== undefined)
    // Each statement is about all of the group, or repeated until it was about all of it (withLargeObjectGrants).
    if (group !== undefined) for (const statement of grantsOf(entry)) grant(group.rights, entry, statement)
  }
  return [...groups.values()]
}

/** acldefault('L', owner) */
function ownersRights(owner: string): Map<string, boolean> {
  return new Map(ALL.map((privilege) => [keyOf(owner, privilege), false]))
}

const ALL = ['SELECT', 'UPDATE']

/** `REVOKE GRANT OPTION FOR SELECT ON LARGE OBJECT 16397 FROM bob;` (dumputils.c, buildACLCommands) */
const STATEMENT = /^(?<verb>GRANT|REVOKE)\s+(?<option>GRANT OPTION FOR\s+)?(?<privileges>[A-Z, ]+?)\s+ON LARGE OBJECT\s/

function grant(rights: Map<string, boolean>, entry: Entry, statement: string): void {
  const { verb, option, privileges } = STATEMENT.exec(statement)?.groups ?? {}
  if (verb === undefined || privileges === undefined) return
  const [grantee = ''] = rolesOf({ ...entry, defn: statement })
  const isGrantable = /\sWITH GRANT OPTION;?$/.test(statement)
  for (const privilege of privileges === 'ALL' ? ALL : privileges.split(/,\s*/)) {
    const key = keyOf(grantee, privilege)
    if (verb === 'GRANT') rights.set(key, isGrantable || rights.get(key) === true)
    else if (option === undefined) rights.delete(key)
    else if (rights.has(key)) rights.set(key, false)
  }
}

function keyOf(grantee: string, privilege: string): string {
  return JSON.stringify([grantee, privilege])
}

function remarksIn({ entries }: Archive): Remarks {
  const comments = new Map<string, string>()
  const labels = new Map<string, Set<string>>()
  for (const { desc, tag, defn } of entries) {
    const oid = /^LARGE OBJECT (\d+)$/.exec(tag)?.[1]
    if (oid === undefined) continue
    const all = tokens(defn)
    const texts = all.filter(({ kind }) => kind === 'string').map(literal)
    if (desc === 'COMMENT') comments.set(oid, texts[0] ?? '')
    // SECURITY LABEL FOR provider ON LARGE OBJECT 16397 IS 'text'; once for each provider.
    if (desc !== 'SECURITY LABEL') continue
    const providers = all.filter((_, at) => all[at - 1]?.name === 'for' && all[at - 2]?.name === 'label')
    labels.set(oid, new Set(providers.map(({ name }, at) => JSON.stringify([name, texts[at]]))))
  }
  return { comments, labels }
}

/** Of the escapes, our own archives hold those of quotes and backslashes (quoteLiteral), and pg_dump's none. */
function literal({ text, name }: Token): string {
  return /^e'/i.test(text) ? text.slice(2, -1).replaceAll("''", "'").replaceAll('\\\\', '\\') : name
}

function* pages(groups: readonly Group[]): Generator<Map<string, Group>> {
  let page = new Map<string, Group>()
  for (const group of groups) {
    for (const oid of group.oids) {
      page.set(oid, group)
      if (page.size < AT_ONCE) continue
      yield page
      page = new Map()
    }
  }
  if (page.size > 0) yield page
}

function changesOf(
  { owner, rights }: Group,
  now: LargeObjectProperties,
  { remarks, choices: { owners, privileges, roleMap } }: { remarks: Remarks; choices: RoleChoices },
): string[] {
  const renamed = (role: string) => roleMap.get(role) ?? role
  const labels = remarks.labels.get(String(now.oid)) ?? NONE
  const labelsNow = new Set((now.labels ?? []).map((label) => JSON.stringify(label)))
  return [
    ...(owners === 'keep' && renamed(owner) !== now.owner ? [`owner ${owner} is now ${now.owner}`] : []),
    // Whoever gives all objects to one role changes what their owners may do, too.
    ...(owners === 'keep' && privileges === 'keep' && textOf(wanted(rights, owner, renamed)) !== textOf(effective(now))
      ? ['other grants']
      : []),
    ...((remarks.comments.get(String(now.oid)) ?? null) === now.comment ? [] : ['another comment']),
    ...(labels.size === labelsNow.size && [...labels].every((label) => labelsNow.has(label))
      ? []
      : ['other security labels']),
  ]
}

const NONE: ReadonlySet<string> = new Set()

function wanted(
  rights: ReadonlyMap<string, boolean>,
  owner: string,
  renamed: (role: string) => string,
): Map<string, boolean> {
  return new Map(
    [...rights].map(([key, grantable]) => {
      const [grantee, privilege]: [string, string] = JSON.parse(key)
      return [keyOf(renamed(grantee), privilege), grantable && grantee !== owner]
    }),
  )
}

/** Whoever granted it: twice the same right is that right. An owner may pass on what he has, whether that was granted or not. */
function effective({ owner, grants }: LargeObjectProperties): Map<string, boolean> {
  const rights = new Map<string, boolean>()
  for (const [grantee, privilege, grantable] of grants ?? []) {
    const key = keyOf(grantee ?? '', privilege)
    rights.set(key, (grantable && grantee !== owner) || rights.get(key) === true)
  }
  return rights
}

function textOf(rights: ReadonlyMap<string, boolean>): string {
  return [...rights]
    .map(([key, grantable]) => `${key} ${String(grantable)}`)
    .toSorted()
    .join()
}
