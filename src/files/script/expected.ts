import { removedParameters } from '../../check/index.ts'
import { isReserved } from '../../provider/index.ts'
import type { Described } from './described.ts'
import type { Ground } from './left-out.ts'
import { effectOf } from './state.ts'

/** What the server refused. */
export interface Refused extends Ground {
  sqlstate: string
  statement: Described
}

/** A refusal that says nothing against the restore. */
interface Expectation {
  sqlstates: readonly string[]
  /** Verbs and kinds, as in `CREATE ROLE`; `*` for any. */
  statements: readonly string[]
  /** Further conditions. */
  when?: (refused: Refused) => boolean
  /** One sentence. */
  reason: (refused: Refused) => string
}

const NO_RIGHT = '42501'
const IS_THERE = ['42710', '42P04', '42P06', '42P07', '42723']
const UNKNOWN = '42704'

/**
 * Refusals that are as they should be at a target, by SQLSTATE and statement; the first row that fits holds. Everything
 * that is not in here is an error. Rules of services come from their data (`Provider`).
 */
const EXPECTATIONS: readonly Expectation[] = [
  {
    sqlstates: ['42710'],
    statements: ['CREATE ROLE'],
    when: ({ existing, statement }) => existing.has(statement.name),
    reason: ({ statement }) => `Role ${statement.name} is there already and stays as it is.`,
  },
  {
    sqlstates: ['42710', UNKNOWN, NO_RIGHT, '0LP01'],
    statements: ['GRANT MEMBERSHIP', 'REVOKE MEMBERSHIP'],
    when: ({ provider, statement }) => statement.tokens.some(({ name }) => isReserved(provider, 'role', name)),
    reason: ({ provider }) => `${provider.name} does not let this user grant its own roles or PostgreSQL's.`,
  },
  {
    sqlstates: ['42P04'],
    statements: ['CREATE DATABASE'],
    when: ({ home, provider, statement: { name } }) =>
      name === home || name === 'postgres' || isReserved(provider, 'database', name),
    reason: ({ statement }) => `Database ${statement.name} is there already, as on every server.`,
  },
  {
    sqlstates: [NO_RIGHT],
    statements: ['COMMENT DATABASE', 'ALTER DATABASE', 'GRANT DATABASE', 'REVOKE DATABASE'],
    when: ({ statement }) => isEverybodys(statement.name),
    reason: ({ statement }) => `Database ${statement.name} is there on every server and belongs to an administrator.`,
  },
  {
    sqlstates: [NO_RIGHT, ...IS_THERE],
    statements: ['*'],
    when: ({ database, provider }) =>
      database !== 'postgres' && isEverybodys(database) && provider.superuser === 'never',
    reason: ({ database, provider }) => `In database ${database}, ${provider.name} lets nobody change anything.`,
  },
  {
    sqlstates: ['42P06'],
    statements: ['CREATE SCHEMA'],
    when: ({ provider, statement: { name } }) => name === 'public' || isReserved(provider, 'schema', name),
    reason: ({ statement }) => `Schema ${statement.name} is there already.`,
  },
  {
    sqlstates: [NO_RIGHT],
    statements: ['COMMENT SCHEMA', 'ALTER SCHEMA'],
    when: ({ statement: { name } }) => name === 'public',
    reason: () => 'Schema public belongs to an administrator; its owner and its comment stay as they are.',
  },
  {
    sqlstates: [NO_RIGHT, ...IS_THERE],
    statements: ['*'],
    when: ({ provider, statement: { path } }) => path.length > 1 && isReserved(provider, 'schema', path[0] ?? ''),
    reason: ({ provider, statement: { path } }) => `Schema ${path[0] ?? ''} belongs to ${provider.name}.`,
  },
  {
    sqlstates: ['42710'],
    statements: ['CREATE EXTENSION', 'CREATE LANGUAGE'],
    reason: ({ statement }) => `${statement.name} is there already.`,
  },
  {
    sqlstates: [NO_RIGHT],
    statements: ['COMMENT EXTENSION', 'COMMENT LANGUAGE', 'ALTER LANGUAGE'],
    reason: ({ statement }) => `${statement.name} belongs to an administrator; it has its own comment already.`,
  },
  {
    sqlstates: [NO_RIGHT, UNKNOWN, '0A000', '22023', '58P01'],
    statements: ['CREATE EXTENSION', 'COMMENT EXTENSION'],
    when: ({ provider, statement: { name } }) => isReserved(provider, 'extension', name),
    reason: ({ provider, statement }) => `Extension ${statement.name} belongs to ${provider.name}.`,
  },
  {
    sqlstates: [NO_RIGHT],
    statements: ['CREATE', 'ALTER', 'COMMENT', 'GRANT', 'REVOKE', 'DROP'],
    when: ({ provider, statement: { kind } }) => provider.notAllowed.includes(kind),
    reason: ({ provider, statement: { kind } }) => `${provider.name} allows no ${kind} to its customers.`,
  },
  {
    sqlstates: [UNKNOWN],
    statements: ['SET', 'SELECT', 'ALTER ROLE', 'ALTER DATABASE'],
    when: (refused) => removedFrom(refused) !== undefined,
    reason: (refused) => {
      const parameter = removedFrom(refused)
      return `PostgreSQL ${String(refused.major)} has no parameter ${parameter?.name ?? ''} any more. ${parameter?.note ?? ''}`
    },
  },
  {
    // What SET says of a tablespace that is not there (tablespace.c, check_default_tablespace).
    sqlstates: ['22023'],
    statements: ['SET'],
    when: ({ statement }) => parameterOf(statement) === 'default_tablespace',
    reason: () =>
      'The target has no such tablespace: what the script would put there lies in another one, most often the default one.',
  },
  {
    sqlstates: [UNKNOWN],
    statements: ['SET'],
    when: (refused) => cameWith(refused) !== undefined,
    reason: (refused) =>
      `Parameter ${parameterOf(refused.statement) ?? ''} came with PostgreSQL ${String(cameWith(refused))}; the script was made by a newer pg_dump, and does without it.`,
  },
]

/** Why a refusal was to be expected here; undefined where it is an error. */
export function expectedReason(refused: Refused): string | undefined {
  const { verb, kind } = refused.statement
  const names = ['*', verb, `${verb} ${kind}`]
  const found = EXPECTATIONS.find(
    ({ sqlstates, statements, when }) =>
      sqlstates.includes(refused.sqlstate) &&
      statements.some((statement) => names.includes(statement)) &&
      (when === undefined || when(refused)),
  )
  return found?.reason(refused)
}

/** Parameters of pg_dump's preamble, with the first major that knows them (pg_backup_archiver.c, _doSetFixedOutputState). */
const PREAMBLE: Readonly<Record<string, number>> = {
  default_table_access_method: 12,
  default_toast_compression: 14,
  transaction_timeout: 17,
}

function cameWith({ statement, major }: Refused): number | undefined {
  const since = PREAMBLE[parameterOf(statement) ?? '']
  return since !== undefined && since > major ? since : undefined
}

function removedFrom({ statement, major }: Refused): (typeof removedParameters)[number] | undefined {
  const name = parameterOf(statement)
  return removedParameters.find((parameter) => parameter.name === name && parameter.removedIn <= major)
}

/** The parameter that SET, set_config or ALTER ... SET is about. */
function parameterOf(statement: Described): string | undefined {
  if (statement.verb === 'ALTER') {
    const set = statement.tokens.findIndex(
      ({ kind, name }, at) => at >= statement.behindName && kind === 'word' && name === 'set',
    )
    return set === -1 ? undefined : statement.tokens[set + 1]?.name.toLowerCase()
  }
  const effect = effectOf(statement)
  return effect.does === 'set' ? effect.parameter : undefined
}

function isEverybodys(database: string): boolean {
  return database === 'postgres' || database === 'template0' || database === 'template1'
}
