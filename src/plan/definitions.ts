import { mayHoldSecret, type Archive, type Entry } from '../archive/index.ts'
import { PgleapError } from '../errors.ts'
import type { Restore } from './restore.ts'
import type { DefinitionWork } from './work.ts'

export interface DefinitionSources {
  archive: Archive
  /** The source's planner statistics; undefined where the run carries none over. */
  statistics: Archive | undefined
  restore: Restore
  /** What gives the target database itself the source's settings, comment and grants. */
  database: readonly DatabaseStatement[]
}

export interface DatabaseStatement {
  /** Names it, without what it sets: that may be a secret (`app.jwt_secret`). */
  label: string
  sql: string
  /** Whether what the server says of it may repeat a secret. @defaultValue 'possible' */
  secret?: 'possible' | 'none'
}

/**
 * The SQL that the source's own definitions are made of, by name. A step holds the name and never the SQL: connection strings,
 * options, function bodies, settings and comments hold other people's passwords, which must not rest in the ledger
 * (invariant 4). A resumed run reads the source again. No hash of the SQL is kept either: with it a weak password could be
 * guessed; in the same snapshot the text is the same, and under a new one the new text belongs to the new rows.
 */
export class Definitions {
  readonly #restore: Restore
  readonly #byName = new Map<string, Entry | DatabaseStatement>()
  /** Of the few entries whose name is another's. */
  readonly #renamed = new Map<Entry, string>()

  constructor({ archive, statistics, restore, database }: DefinitionSources) {
    this.#restore = restore
    for (const statement of database) this.#byName.set(statement.label, statement)
    for (const entries of [archive.entries, statistics?.entries ?? []]) {
      for (const entry of entries) this.#add(entry)
    }
  }

  /** The work that makes an entry's object, followed by a statement of ours. */
  work(entry: Entry, andThen?: string): DefinitionWork {
    const of = this.#renamed.get(entry) ?? nameOf(entry)
    return { kind: 'definition', of, ...(andThen === undefined ? {} : { andThen }) }
  }

  /** @throws PgleapError `source.definition-gone` where the source has no such object any more */
  sql({ of, andThen }: DefinitionWork): string[] {
    const found = this.#get(of)
    const own = 'sql' in found ? [found.sql] : this.#restore.definition(found)
    return andThen === undefined ? own : [...own, andThen]
  }

  /** Whether what a server says of this SQL may repeat a password. */
  secretIn({ of }: DefinitionWork): 'possible' | 'none' {
    const found = this.#get(of)
    if ('sql' in found) return found.secret ?? 'possible'
    return mayHoldSecret(found) ? 'possible' : 'none'
  }

  #get(name: string): Entry | DatabaseStatement {
    const found = this.#byName.get(name)
    if (found !== undefined) return found
    throw new PgleapError({
      code: 'source.definition-gone',
      message: `The source has no ${name} any more: it was dropped or renamed since the run began.`,
      hint: 'Make it on the source again and resume, or make it on the target yourself; or start anew with an empty target.',
      party: 'source',
    })
  }

  /** Few kinds share a name (comments on operator classes of two access methods): these are told apart by their order. */
  #add(entry: Entry): void {
    const name = nameOf(entry)
    let unique = name
    for (let count = 2; this.#byName.has(unique); count += 1) unique = `${name} (${String(count)})`
    if (unique !== name) this.#renamed.set(entry, unique)
    this.#byName.set(unique, entry)
  }
}

/** Default privileges of several roles share kind, schema and tag. */
function nameOf({ desc, namespace, tag, owner }: Entry): string {
  const name = `${desc} ${namespace === undefined ? '' : `${namespace}.`}${tag}`
  return desc === 'DEFAULT ACL' ? `${name} of ${owner ?? ''}` : name
}
