import { entrySql, rolesOf, stagesOf, type Archive, type Entry, type Stage } from '../archive/index.ts'
import { DatabaseError, SQLSTATE, type Session } from '../connection/index.ts'

/** What became of one entry. */
export type Outcome =
  | { status: 'arrived' }
  | { status: 'failed'; error: DatabaseError }
  /** Not tried: it needs what has failed. */
  | { status: 'blocked'; because: Entry }
  /** Given up after a while: whether it works is not known. */
  | { status: 'unknown' }

export interface TryOptions {
  /** Session on the scratch database. */
  session: Session
  archive: Archive
  /** Every role of the source, by the name of the connecting one. */
  roleMap: ReadonlyMap<string, string>
  onOutcome: (entry: Entry, outcome: Outcome) => void
}

const FIRST: readonly Stage[] = ['pre-data', 'post-data']
const LAST: readonly Stage[] = ['late']

/** A materialized view may read a foreign server, or compute for hours. */
const REFRESH_LIMIT = '60s'

/**
 * Makes the objects of an archive one by one, each in a transaction of its own, so that a failure concerns nothing else
 * but what depends on it. Owners, grants and tablespaces are left out, as are large objects.
 */
export class EntryTrial {
  readonly outcomes = new Map<Entry, Outcome>()
  readonly #options: TryOptions
  readonly #stages: ReadonlyMap<number, Stage>
  /** Of those that are not there, by dump id: what is to blame. */
  readonly #missing = new Map<number, Entry>()
  /** Were tried and taken back, so that nothing can be said of what hangs on them. */
  readonly #takenBack = new Set<number>()
  readonly #mappings = new Set<string>()

  constructor(options: TryOptions) {
    this.#options = options
    this.#stages = stagesOf(options.archive)
  }

  /** All but what comes last. @throws PgleapError where the server goes away or is out of resources */
  async objects(): Promise<void> {
    for (const stage of FIRST) await this.#tryStage(stage)
  }

  /** Event triggers, which would fire on what comes after them, and the contents of materialized views. */
  async late(): Promise<void> {
    await this.#options.session.script(`SET statement_timeout = '${REFRESH_LIMIT}'`)
    for (const stage of LAST) await this.#tryStage(stage)
    await this.#options.session.script('SET statement_timeout = 0')
  }

  async #tryStage(stage: Stage): Promise<void> {
    for (const entry of this.#options.archive.entries) {
      if (this.#stages.get(entry.dumpId) !== stage) continue
      const outcome = await this.#tryEntry(entry)
      if (outcome === undefined) continue
      this.outcomes.set(entry, outcome)
      if (outcome.status === 'failed') this.#missing.set(entry.dumpId, entry)
      if (outcome.status === 'blocked') this.#missing.set(entry.dumpId, outcome.because)
      this.#options.onOutcome(entry, outcome)
    }
  }

  /** Undefined for what makes nothing here. */
  async #tryEntry(entry: Entry): Promise<Outcome | undefined> {
    const { session, roleMap } = this.#options
    const statements = entrySql(entry, { owners: 'skip', privileges: 'skip', tablespaces: 'skip', roleMap })
    if (statements.length === 0 || this.#isRepeated(entry)) return undefined
    if (entry.dependencies.some((id) => this.#takenBack.has(id))) return undefined
    const because = entry.dependencies.map((id) => this.#missing.get(id)).find((entryOfId) => entryOfId !== undefined)
    if (because !== undefined) return { status: 'blocked', because }
    // A subscription would keep its database from being dropped, and dropping it would reach for a slot of its publisher's.
    const takeBack = entry.desc === 'SUBSCRIPTION'
    if (takeBack) this.#takenBack.add(entry.dumpId)
    try {
      await session.script(
        takeBack ? ['BEGIN', ...statements, 'ROLLBACK'].map(terminated).join('\n') : statements.join('\n'),
      )
      return { status: 'arrived' }
    } catch (error) {
      if (!isRefusal(error)) throw error
      if (takeBack) await session.script('ROLLBACK')
      if (error.server.sqlstate === SQLSTATE.queryCanceled) return { status: 'unknown' }
      return { status: 'failed', error }
    }
  }

  /** Users that are one role here would have two mappings for one server. */
  #isRepeated(entry: Entry): boolean {
    if (entry.desc !== 'USER MAPPING') return false
    const server = entry.tag.slice(entry.tag.lastIndexOf(' SERVER '))
    const key = `${[...rolesOf(entry)].map((role) => this.#options.roleMap.get(role) ?? role).join()}${server}`
    const repeated = this.#mappings.has(key)
    this.#mappings.add(key)
    return repeated
  }
}

const terminated = (statement: string): string => (statement.endsWith(';') ? statement : `${statement};`)

/** The server's answer to a statement; not one that tells of its own state, after which nothing else would work either. */
export function isRefusal(error: unknown): error is DatabaseError {
  if (!(error instanceof DatabaseError) || error.server.severity !== 'ERROR') return false
  return !OF_THE_SERVER.includes(error.server.sqlstate.slice(0, 2))
}

/** Classes of SQLSTATE: connection exception, insufficient resources. */
const OF_THE_SERVER: readonly string[] = ['08', '53']
