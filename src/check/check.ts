import type { ConnectionInfo, Session, Side } from '../connection/index.ts'
import type { CheckOutcome, Finding, MigrationPath, Severity } from '../report/index.ts'
import type { Provider } from '../provider/index.ts'

/** One side, as far as it is known: everything of a server that answers, only the major of one that `--to` names. */
export interface CheckedServer {
  major: number
  /** server_version_num; undefined where no server answers. */
  version: number | undefined
  provider: Provider
}

/** What a check's decision may depend on beside its rows. */
export interface Pair {
  source: CheckedServer
  target: CheckedServer
  /** The ways to migrate that the user asks about. */
  paths: ReadonlySet<MigrationPath>
}

/**
 * How a check gets its rows from one side: a read-only query (a text of a .sql file), one that depends on the server,
 * or, where SQL of one session cannot answer, a probe. Undefined from the function: that server cannot have the problem.
 */
export type Ask<Row extends object> =
  string | ((server: CheckedServer) => string | undefined) | { probe: (ends: ProbeEnds) => Promise<Row[]> }

/**
 * What a probe works with: whatever it opens or makes is gone when it returns, whether it works or not. The two sessions
 * are the ones of all checks: only ask on them, and open one of your own for a transaction or a setting.
 */
export interface ProbeEnds {
  source: Session
  target: Session | undefined
  /** Where the sessions lead to. */
  info: { source: ConnectionInfo; target: ConnectionInfo | undefined }
  /** A further session of our own on one side, read only as the others; `BEGIN READ WRITE` is for what is rolled back. */
  open: (side: Side, purpose: string) => Promise<Session>
  pair: Pair
  signal: AbortSignal | undefined
}

/** A finding without what the check itself says: its id, and its severity unless the finding has one of its own. */
export type NewFinding = Omit<Finding, 'id' | 'severity'> & { severity?: Severity }

export interface CheckSpec<S extends object, T extends object> {
  /** Stable, of the catalogue: `S01`. */
  id: string
  /** What has to be true, as a short sentence: `wal_level is logical`. */
  title: string
  /** Of its findings, where they do not say otherwise. */
  severity: Severity
  paths: readonly MigrationPath[]
  /** Which pairs of servers can have the problem at all; every pair where it is left out. */
  when?: (pair: Pair) => boolean
  /** Where the rows of the source say nothing without those of the target: skipped, not passed, where there is none. */
  needs?: 'target'
  source?: Ask<S>
  target?: Ask<T>
  /**
   * Pure: the findings in the rows. `target` is undefined where no target was named or it was not asked; a check that
   * asks the target alone is skipped then.
   */
  assess: (rows: { source: readonly S[]; target: readonly T[] | undefined }, pair: Pair) => NewFinding[]
  /** Whether another check's finding tells the same fact, and more about it: then this one is left out. */
  toldBy?: (finding: Finding, other: Finding) => boolean
  /** `server`: in every database of the two servers the answer is the same, so that a run of many asks once. @defaultValue 'database' */
  about?: 'server' | 'database'
}

export interface Check {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  readonly paths: readonly MigrationPath[]
  readonly about: 'server' | 'database'
  readonly toldBy: (finding: Finding, other: Finding) => boolean
  /** Looks, and decides. @throws what the server says where it cannot look; the runner makes that UNKNOWN */
  readonly look: (ends: ProbeEnds) => Promise<CheckOutcome>
}

/** Makes a check of its rows' types, its queries and its decision. */
export function check<S extends object = never, T extends object = never>(spec: CheckSpec<S, T>): Check {
  const { id, title, severity, paths } = spec
  return {
    id,
    title,
    severity,
    paths,
    about: spec.about ?? 'database',
    toldBy: spec.toldBy ?? (() => false),
    look: async (ends) => {
      const { pair } = ends
      if (spec.when?.(pair) === false) return { status: 'skipped', reason: 'does not concern this pair of servers' }
      const asksTargetAlone = spec.source === undefined && spec.target !== undefined
      if ((asksTargetAlone || spec.needs === 'target') && ends.target === undefined) {
        return { status: 'skipped', reason: 'needs the target server' }
      }
      const [source, target] = await Promise.all([ask(spec.source, 'source', ends), ask(spec.target, 'target', ends)])
      const found = spec.assess({ source: source ?? [], target }, pair)
      if (found.length === 0) return { status: 'passed' }
      return { status: 'found', findings: found.map((finding) => ({ severity, ...finding, id })) }
    },
  }
}

async function ask<Row extends object>(
  how: Ask<Row> | undefined,
  side: Side,
  ends: ProbeEnds,
): Promise<Row[] | undefined> {
  if (how === undefined) return undefined
  const session = ends[side]
  if (session === undefined) return undefined
  if (typeof how === 'object') return how.probe(ends)
  const sql = typeof how === 'string' ? how : how(ends.pair[side])
  return sql === undefined ? [] : askOnce<Row>(session, sql)
}

/** Several checks may ask the same, and one answer serves them all: they are to see the same, too. Probes ask by it what others ask. */
export async function askOnce<Row extends object>(session: Session, sql: string): Promise<Row[]> {
  const answers = asked.get(session) ?? new Map<string, Promise<object[]>>()
  asked.set(session, answers)
  const answer = answers.get(sql) ?? session.query<Row>(sql)
  answers.set(sql, answer)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a text asks for is of one type, wherever it is asked
  return (await answer) as Row[]
}

const asked = new WeakMap<Session, Map<string, Promise<object[]>>>()
