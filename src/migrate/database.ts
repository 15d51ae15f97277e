import { readDatabase, type DatabaseFacts } from '../catalog/index.ts'
import { connect, DatabaseError, SQLSTATE, type ConnectionInfo, type Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import type { DatabaseStatement } from '../plan/index.ts'
import { quoteIdent, quoteLiteral, settingSql } from '../sql.ts'
import type { Chosen } from './choices.ts'
import { userObjects } from './preconditions.ts'

/**
 * Makes the target database with the source's encoding and locale, in a tablespace of the target where one is named.
 *
 * @throws PgleapError `target.database-exists`, `target.missing-locale`, `target.no-createdb`
 */
export async function createDatabase(
  target: ConnectionInfo,
  like: DatabaseFacts & { tablespace?: string | undefined },
  signal?: AbortSignal,
): Promise<void> {
  await using session = await openMaintenance(target, signal)
  try {
    await session.script(createDatabaseSql(target.database, like, session.major))
  } catch (error) {
    throw explain(error, target.database, like)
  }
}

/**
 * Whether the target database is as `createDatabase` leaves it: the connected role's, with the source's encoding and locale,
 * and nothing in it or set for it. To go on with such a one overwrites nothing (invariant 8), whoever made it.
 */
export async function isAsCreated(like: DatabaseFacts, target: Session): Promise<boolean> {
  const found = await readDatabase(target)
  const sameLocale = LOCALE.every((property) => like[property] === found[property])
  const untouched =
    found.comment === undefined &&
    found.grants === undefined &&
    found.settings.length === 0 &&
    found.connectionLimit === -1
  return sameLocale && untouched && found.owner === target.user && (await userObjects(target)).length === 0
}

const LOCALE = ['encoding', 'collate', 'ctype', 'localeProvider', 'icuLocale'] as const

/** Drops a database that `createDatabase` has made; one that others use, or have made something in, by now stays. Never throws. */
export async function dropDatabase(target: ConnectionInfo): Promise<void> {
  try {
    if (!(await isEmpty(target))) return
    await using session = await openMaintenance(target, undefined)
    await session.script(`DROP DATABASE ${quoteIdent(target.database)}`)
  } catch {
    // What made the run fail is what the user has to hear.
  }
}

async function isEmpty(target: ConnectionInfo): Promise<boolean> {
  await using session = await connect(target, { side: 'target', purpose: 'drop database' })
  return (await userObjects(session)).length === 0
}

/** The database that every server has; template1 where somebody has dropped it. */
async function openMaintenance(target: ConnectionInfo, signal: AbortSignal | undefined): Promise<Session> {
  const options = { side: 'target', purpose: 'create database', ...(signal === undefined ? {} : { signal }) } as const
  try {
    return await connect(target.withDatabase('postgres'), options)
  } catch (error) {
    if (!(error instanceof PgleapError && error.code === 'connect.no-database')) throw error
    return connect(target.withDatabase('template1'), options)
  }
}

/** CREATE DATABASE for this major: ICU came with 15, the builtin provider with 17; older targets take libc alone. */
function createDatabaseSql(
  name: string,
  like: DatabaseFacts & { tablespace?: string | undefined },
  major: number,
): string {
  const words = [
    `CREATE DATABASE ${quoteIdent(name)} TEMPLATE template0 ENCODING ${quoteLiteral(like.encoding)}`,
    `LC_COLLATE ${quoteLiteral(like.collate)} LC_CTYPE ${quoteLiteral(like.ctype)}`,
  ]
  if (like.localeProvider !== 'libc' && major >= 15) {
    const locale = quoteLiteral(like.icuLocale ?? '')
    words.push(`LOCALE_PROVIDER ${like.localeProvider}`)
    words.push(like.localeProvider === 'icu' ? `ICU_LOCALE ${locale}` : `BUILTIN_LOCALE ${locale}`)
    if (like.icuRules !== undefined && major >= 16) words.push(`ICU_RULES ${quoteLiteral(like.icuRules)}`)
  } else if (major >= 15) {
    words.push('LOCALE_PROVIDER libc')
  }
  if (like.tablespace !== undefined) words.push(`TABLESPACE ${quoteIdent(like.tablespace)}`)
  return words.join(' ')
}

function explain(error: unknown, name: string, like: DatabaseFacts): unknown {
  const sqlstate = error instanceof DatabaseError ? error.server.sqlstate : ''
  switch (sqlstate) {
    case SQLSTATE.duplicateDatabase:
      return new PgleapError({
        code: 'target.database-exists',
        message: `The target has a database "${name}" already.`,
        hint: 'Leave out --create to fill it, or name another database. (What a broken run has made is taken up as it is; this one has another owner or locale, or something was set for it or made in it.)',
        party: 'target',
        cause: error,
      })
    case SQLSTATE.noPrivilege:
      return new PgleapError({
        code: 'target.no-createdb',
        message: `The target's role may not create the database "${name}".`,
        hint: 'Grant it CREATEDB, or let an administrator create the database and leave out --create.',
        party: 'target',
        cause: error,
      })
    case SQLSTATE.wrongObjectType:
    case SQLSTATE.invalidParameterValue:
    case SQLSTATE.undefinedObject:
      return new PgleapError({
        code: 'target.missing-locale',
        message: `The target cannot make a database with the source's locale: encoding ${like.encoding}, LC_COLLATE ${like.collate}, LC_CTYPE ${like.ctype}${like.icuLocale === undefined ? '' : `, ${like.localeProvider} locale ${like.icuLocale}`}.`,
        hint: 'Install that locale on the target server, or create the database yourself with a locale of your choice and leave out --create.',
        party: 'target',
        cause: error,
      })
    default:
      return error
  }
}

/**
 * Whether a setting closes the database to writers. It never travels: the source is closed for the time of the copy
 * (docs/offline.md), and on the target it would stop our own sessions, and then the application.
 */
export function closesDatabase({ role, name, value }: DatabaseFacts['settings'][number]): boolean {
  return role === undefined && name === 'default_transaction_read_only' && !/^(?:off|false|no|0)$/iu.test(value)
}

export interface DatabasePropertyOptions {
  /** `keep` for a database that this run has made: another's stays whose it is. */
  owner: 'keep' | 'skip'
  privileges: 'keep' | 'skip'
  /** Settings of roles in this database. */
  roleSettings: 'keep' | 'skip'
  /** The target's name of a role of the source. */
  role: (name: string) => string
}

/** What of a database's properties a run carries over. */
export function propertyChoices(
  { owners, privileges }: Pick<Chosen, 'owners' | 'privileges'>,
  created: 'created' | 'found',
): Omit<DatabasePropertyOptions, 'role'> {
  return {
    owner: created === 'created' ? owners : 'skip',
    privileges,
    roleSettings: owners === 'skip' && privileges === 'skip' ? 'skip' : 'keep',
  }
}

/**
 * The statements that give the target database the source's owner, comment, settings, connection limit and grants. What
 * the target has set itself stays as it is (invariant 8).
 */
export function databasePropertiesSql(
  source: DatabaseFacts,
  target: Pick<DatabaseFacts, 'name' | 'owner' | 'comment' | 'connectionLimit' | 'settings' | 'grants'>,
  options: DatabasePropertyOptions,
): DatabaseStatement[] {
  const name = quoteIdent(target.name)
  const statements: DatabaseStatement[] = []
  const add = (label: string, value = '') => statements.push({ label, sql: label + value })
  const owner = options.role(source.owner)
  if (options.owner === 'keep' && owner !== target.owner) {
    add(`ALTER DATABASE ${name} OWNER TO ${quoteIdent(owner)}`)
  }
  if (source.comment !== undefined && target.comment === undefined) {
    add(`COMMENT ON DATABASE ${name}`, ` IS ${quoteLiteral(source.comment)}`)
  }
  if (source.connectionLimit !== -1 && target.connectionLimit === -1) {
    add(`ALTER DATABASE ${name} CONNECTION LIMIT ${String(source.connectionLimit)}`)
  }
  const known = new Set(target.settings.map((setting) => `${setting.role ?? ''}\0${setting.name}`))
  for (const setting of source.settings) {
    if (setting.role !== undefined && options.roleSettings === 'skip') continue
    if (closesDatabase(setting)) continue
    const role = setting.role === undefined ? undefined : options.role(setting.role)
    if (known.has(`${role ?? ''}\0${setting.name}`)) continue
    const whom = role === undefined ? `DATABASE ${name}` : `ROLE ${quoteIdent(role)} IN DATABASE ${name}`
    statements.push({
      label: `ALTER ${whom} SET ${setting.name}`,
      sql: `ALTER ${whom} SET ${settingSql(setting.name, setting.value)}`,
    })
  }
  if (options.privileges === 'keep') {
    if (source.grants !== undefined && target.grants === undefined) {
      add(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`)
    }
    for (const { grantee, privilege, grantable } of source.grants ?? []) {
      const to = grantee === undefined ? 'PUBLIC' : quoteIdent(options.role(grantee))
      add(`GRANT ${privilege} ON DATABASE ${name} TO ${to}${grantable ? ' WITH GRANT OPTION' : ''}`)
    }
  }
  return statements
}

/** The roles of the source that `databasePropertiesSql` names. */
export function databaseRoles(source: DatabaseFacts, options: Omit<DatabasePropertyOptions, 'role'>): string[] {
  return [
    ...(options.owner === 'keep' ? [source.owner] : []),
    ...(options.roleSettings === 'keep' ? source.settings.flatMap(({ role }) => role ?? []) : []),
    ...(options.privileges === 'keep' ? (source.grants ?? []).flatMap(({ grantee }) => grantee ?? []) : []),
  ]
}
