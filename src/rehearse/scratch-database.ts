import { randomBytes } from 'node:crypto'
import type { DatabaseFacts } from '../catalog/index.ts'
import { connect, type ConnectionInfo, type Session } from '../connection/index.ts'
import { PgleapError } from '../errors.ts'
import { createDatabase } from '../migrate/index.ts'
import type { NoticeReport } from '../report/index.ts'
import { quoteIdent } from '../sql.ts'

const PREFIX = 'pgleap_rehearsal_'

/** A database of our own on a server that may be somebody's. Disposing drops it, with whatever is in it. */
export interface ScratchDatabase extends AsyncDisposable {
  readonly name: string
  readonly connection: ConnectionInfo
}

export interface ScratchDatabaseOptions {
  /** Any database of the server. */
  server: ConnectionInfo
  /** Whose encoding and locale it gets, as far as the server has them. */
  like: DatabaseFacts
  onNotice: (notice: NoticeReport) => void
  signal?: AbortSignal | undefined
}

/**
 * Makes a database with a name that nobody has.
 *
 * @throws PgleapError `target.no-createdb`; when it is disposed, `rehearse.not-dropped` with its name
 */
export async function createScratchDatabase(options: ScratchDatabaseOptions): Promise<ScratchDatabase> {
  const { server, like, onNotice, signal } = options
  const name = `${PREFIX}${randomBytes(6).toString('hex')}`
  const connection = server.withDatabase(name)
  const scratch = { name, connection, [Symbol.asyncDispose]: () => dropScratchDatabase(server, name) }
  try {
    await createLike(connection, like, onNotice, signal)
    return scratch
  } catch (error) {
    // The server may have made it after all, when the connection broke or we were stopped.
    await scratch[Symbol.asyncDispose]()
    throw error
  }
}

/** In the source's locale; where the server does not know that, in `C`, which every server knows. */
async function createLike(
  connection: ConnectionInfo,
  like: DatabaseFacts,
  onNotice: (notice: NoticeReport) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await createDatabase(connection, like, signal)
  } catch (error) {
    if (!(error instanceof PgleapError && error.code === 'target.missing-locale')) throw error
    const bare = { ...like, collate: 'C', ctype: 'C', localeProvider: 'libc', icuLocale: undefined } as const
    await createDatabase(connection, bare, signal)
    onNotice({
      level: 'warning',
      code: 'rehearse.locale',
      message: `The rehearsal's server does not know the source's locale (LC_COLLATE ${like.collate}, LC_CTYPE ${like.ctype}): the scratch database has the locale C.`,
      hint: 'What depends on the order of text, or on its case, was not rehearsed as it will be. A target that lacks the locale lacks it for the migration, too.',
    })
  }
}

async function dropScratchDatabase(server: ConnectionInfo, name: string): Promise<void> {
  const sql = `DROP DATABASE IF EXISTS ${quoteIdent(name)}`
  try {
    await using session = await openMaintenance(server)
    // FORCE came with 13; before it, our own sessions are all that there can be, and they are closed by now.
    await session.script(session.major >= 13 ? `${sql} WITH (FORCE)` : sql)
  } catch (cause) {
    const why = cause instanceof Error ? ` ${cause.message}` : ''
    throw new PgleapError({
      code: 'rehearse.not-dropped',
      message: `The scratch database "${name}" could not be dropped.${why}`,
      hint: `Drop it yourself: ${sql};`,
      party: 'target',
      cause,
    })
  }
}

/** Cleaning up goes on after an abort, hence no signal. */
async function openMaintenance(server: ConnectionInfo): Promise<Session> {
  const options = { side: 'target', purpose: 'rehearse' } as const
  try {
    return await connect(server.withDatabase('postgres'), options)
  } catch (error) {
    if (!(error instanceof PgleapError && error.code === 'connect.no-database')) throw error
    return connect(server.withDatabase('template1'), options)
  }
}

/** Names what earlier rehearsals had to leave behind, because they were killed; it may also be one that runs now. */
export async function leftOvers(session: Session): Promise<NoticeReport[]> {
  const found = await session.query<{ name: string }>(
    `select datname::text as name from pg_catalog.pg_database where datname like $1 order by 1`,
    [`${PREFIX.replaceAll('_', '\\_')}%`],
  )
  return found.map(({ name }) => ({
    level: 'warning',
    code: 'rehearse.left-over',
    message: `The target has the scratch database "${name}" of another rehearsal.`,
    hint: `Unless that one is still running: DROP DATABASE ${quoteIdent(name)};`,
    object: name,
  }))
}
