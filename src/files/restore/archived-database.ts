import { isAboutDatabase, isAcl, openArchive, tokens, type Archive, type Token } from '../../archive/index.ts'
import type { DatabaseFacts } from '../../catalog/index.ts'
import { databaseFacts, statementsOf } from './database-facts.ts'

/** The database that an archive is of, as it was when it was dumped. */
export interface ArchivedDatabase {
  facts: DatabaseFacts
  /** The one that it lay in as a whole. */
  tablespace: string
}

/**
 * What an archive says of its database as such, with its grants; undefined where it does not say how the database was made.
 * @throws PgleapError `archive.*`
 */
export async function readArchivedDatabase(
  path: string,
  signal: AbortSignal | undefined,
): Promise<ArchivedDatabase | undefined> {
  await using open = await openArchive(path, signal === undefined ? {} : { signal })
  const { archive } = open
  const facts = databaseFacts(archive)
  if (facts === undefined) return undefined
  return { facts: { ...facts, grants: grantsIn(archive, facts.owner) }, tablespace: tablespaceOf(archive) }
}

function tablespaceOf({ entries }: Archive): string {
  const made = tokens(entries.find(({ desc }) => desc === 'DATABASE')?.defn ?? '')
  const at = made.findIndex(({ kind, name }) => kind === 'word' && name === 'tablespace')
  return at === -1 ? 'pg_default' : (made[at + 2]?.name ?? 'pg_default')
}

type Grants = NonNullable<DatabaseFacts['grants']>

const ALL = ['CREATE', 'TEMPORARY', 'CONNECT']

/**
 * What the archive's grants on its database add up to, from what every database begins with (acl.c, acldefault): CONNECT and
 * TEMPORARY for all. Undefined where nothing was ever granted or revoked.
 */
function grantsIn(archive: Archive, owner: string): Grants | undefined {
  const entries = archive.entries.filter((entry) => isAcl(entry) && isAboutDatabase(entry))
  if (entries.length === 0) return undefined
  let grants: Grants = ['TEMPORARY', 'CONNECT'].map((privilege) => {
    return { grantee: undefined, privilege, grantable: false, grantor: owner }
  })
  for (const all of entries.flatMap(({ defn }) => statementsOf(defn))) {
    const [verb] = all
    const on = all.findIndex((token) => isWord(token, 'on'))
    if (on === -1 || !(isWord(verb, 'grant') || isWord(verb, 'revoke'))) continue
    const isOption = isWord(all[1], 'grant') && isWord(all[2], 'option')
    const privileges = new Set(all.slice(isOption ? 4 : 1, on).flatMap(privilegesOf))
    const to = all.findIndex((token, at) => at > on && (isWord(token, 'to') || isWord(token, 'from')))
    const grantee = isWord(all[to + 1], 'public') ? undefined : all[to + 1]?.name
    if (isWord(verb, 'grant')) {
      const grantable = isWord(all.at(-1), 'option')
      grants.push(...[...privileges].map((privilege) => ({ grantee, privilege, grantable, grantor: owner })))
    } else if (isOption) {
      grants = grants.map((one) =>
        one.grantee === grantee && privileges.has(one.privilege) ? { ...one, grantable: false } : one,
      )
    } else {
      grants = grants.filter((one) => one.grantee !== grantee || !privileges.has(one.privilege))
    }
  }
  return grants
}

function privilegesOf({ name, kind }: Token): string[] {
  if (kind !== 'word' || name === 'privileges') return []
  if (name === 'all') return ALL
  return [name === 'temp' ? 'TEMPORARY' : name.toUpperCase()]
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.name === word
}
