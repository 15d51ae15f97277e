import type { Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { loadSql } from '../sql.ts'
import { type Power, type Tried, tryPowers } from './probe.ts'
import type { RoleAttribute } from './provider.ts'

const powersSql = loadSql(import.meta.url, 'powers.sql')

/** What the session's user can do on this server, in this database. */
export interface Powers {
  /** Where the answers come from: the catalogs alone, or also from trying. */
  readonly mode: 'catalog' | 'probe'
  readonly user: string
  readonly superuser: boolean
  /** Has REPLICATION itself, so that it can stream and make slots. On RDS, membership of rds_replication does that instead. */
  readonly replication: boolean
  /** By attribute: CREATE DATABASE cannot be tried in a transaction (dbcommands.c, have_createdb_privilege). */
  readonly createDatabase: Power
  readonly createRole: Power
  /** Attributes that a role which it creates can have. */
  readonly give: Readonly<Record<RoleAttribute, Power>>
  /** SET ROLE to a role that it has created (and granted to itself): what making others the owner of things needs. */
  readonly becomeRoles: Power
  /** Passwords as SCRAM verifiers, not in clear: what copying them between servers needs. */
  readonly takeScram: Power
  /** The same for md5. */
  readonly takeMd5: Power
  /** Where it can read the verifiers of all roles; undefined where it cannot. */
  readonly verifiersIn: 'pg_authid' | 'pg_shadow' | undefined
  readonly createSubscription: Power
  readonly createPublication: Power
  /** CREATE PUBLICATION ... FOR ALL TABLES. */
  readonly publishAllTables: Power
  /** SET session_replication_role, which turns off triggers and foreign keys for a session. */
  readonly setReplicationRole: Power
  readonly createEventTrigger: Power
  /** ALTER ROLE ... SET of a parameter for superusers; tried with log_min_duration_statement. */
  readonly setRoleParameters: Power
  /** Ends other users' sessions. */
  readonly signalBackends: Power
  /** Yes for superusers; CREATE TABLESPACE cannot be tried in a transaction. */
  readonly createTablespace: Power
  /** Tablespaces that it may put things into. */
  readonly tablespaces: readonly string[]
  /** What the server said, by the name of the power, for each that is `no` or `unknown` after a try. */
  readonly refusals: Readonly<Partial<Record<string, string>>>
}

interface Row {
  user: string
  superuser: boolean
  createrole: boolean
  createdb: boolean
  replication: boolean
  bypassrls: boolean
  recovering: boolean
  create_in_database: boolean
  temporary: boolean
  signal_backend: boolean
  create_subscription: boolean
  reads_authid: boolean
  reads_shadow: boolean
  tablespaces: string[]
}

/**
 * What the user can really do. `catalog` only reads: what PostgreSQL's own rules allow is `yes`, and everything else
 * `unknown`, since services are more generous here and stricter there. `probe` tries everything with random names, each in a
 * savepoint of one transaction that is always rolled back: nothing is left behind, no lock is waited for longer
 * than 2 s, and nothing runs for longer than 5 s. On a standby nothing can be tried; the mode is `catalog` then. The session must be
 * outside of a transaction. A refusal is an answer; throws only when the connection is lost or `signal` is aborted.
 */
export async function readPowers(
  session: Session,
  mode: 'catalog' | 'probe',
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<Powers> {
  const [row] = await session.query<Row>(powersSql)
  if (row === undefined) {
    throw new PgleapError({
      code: 'internal.no-row',
      message: `The ${session.side} does not list its own user.`,
      party: 'internal',
    })
  }
  const byRule = (power: Tried): Power => (row.superuser || RULES[power](row, session.major) ? 'yes' : 'unknown')
  if (mode === 'catalog' || row.recovering) return powersOf(row, 'catalog', byRule, {})
  // Without temporary objects there is no place for an event trigger's function.
  const { answers, refusals } = await tryPowers(session, row.temporary ? [] : ['createEventTrigger'], signal)
  return powersOf(row, 'probe', (power) => answers.get(power) ?? 'unknown', refusals)
}

function powersOf(
  row: Row,
  mode: Powers['mode'],
  answer: (power: Tried) => Power,
  refusals: Powers['refusals'],
): Powers {
  return {
    mode,
    user: row.user,
    superuser: row.superuser,
    replication: row.superuser || row.replication,
    createDatabase: row.superuser || row.createdb ? 'yes' : 'no',
    createRole: answer('createRole'),
    give: {
      SUPERUSER: answer('give.SUPERUSER'),
      CREATEROLE: answer('give.CREATEROLE'),
      CREATEDB: answer('give.CREATEDB'),
      REPLICATION: answer('give.REPLICATION'),
      BYPASSRLS: answer('give.BYPASSRLS'),
    },
    becomeRoles: answer('becomeRoles'),
    takeScram: answer('takeScram'),
    takeMd5: answer('takeMd5'),
    verifiersIn: row.reads_authid ? 'pg_authid' : row.reads_shadow ? 'pg_shadow' : undefined,
    createSubscription: answer('createSubscription'),
    createPublication: answer('createPublication'),
    publishAllTables: answer('publishAllTables'),
    setReplicationRole: answer('setReplicationRole'),
    createEventTrigger: answer('createEventTrigger'),
    setRoleParameters: answer('setRoleParameters'),
    signalBackends: row.superuser || row.signal_backend ? 'yes' : 'no',
    createTablespace: row.superuser ? 'yes' : 'unknown',
    tablespaces: row.tablespaces,
    refusals,
  }
}

/** What PostgreSQL allows to users who are no superusers: user.c, publicationcmds.c, subscriptioncmds.c, event_trigger.c, guc.c. */
const RULES: Readonly<Record<Tried, (row: Row, major: number) => boolean>> = {
  createRole: (row) => row.createrole,
  'give.SUPERUSER': () => false,
  'give.CREATEROLE': (row) => row.createrole,
  'give.CREATEDB': (row, major) => row.createrole && (major < 16 || row.createdb),
  'give.REPLICATION': (row, major) => row.createrole && major >= 16 && row.replication,
  'give.BYPASSRLS': (row, major) => row.createrole && major >= 16 && row.bypassrls,
  becomeRoles: (row) => row.createrole,
  takeScram: (row) => row.createrole,
  takeMd5: (row) => row.createrole,
  createSubscription: (row) => row.create_subscription && row.create_in_database,
  createPublication: (row) => row.create_in_database,
  publishAllTables: () => false,
  setReplicationRole: () => false,
  createEventTrigger: () => false,
  setRoleParameters: () => false,
}
