import { setTimeout as sleep } from 'node:timers/promises'
import {
  connectConsole,
  describeHost,
  parseConnection,
  type ConnectionInfo,
  type Console,
  type Side,
} from '../../connection/index.ts'
import { PgleapError } from '../../errors.ts'
import { quoteIdent } from '../../sql.ts'
import type { Router } from '../router.ts'
import { rewriteConfig } from './pgbouncer-ini.ts'
import type { Places } from './place.ts'

export interface PgBouncerOptions {
  /**
   * Connection strings of the poolers, with an administrator of the console (admin_users) and the database as the application
   * calls it there; `pgbouncer` in its place stands for every database that leads to the source's or target's name.
   */
  urls: readonly string[]
  /** The file that a pooler reads, for each of `urls`; without, somebody else changes it before we reload. */
  configs: readonly string[]
  from: Side
  places: Places
  /** How long the pooler may take until the application's open transactions have ended, in milliseconds. */
  pauseTimeoutMs: number
  /** The longest that writes may be stopped, in milliseconds. */
  maxPauseMs: number
  signal?: AbortSignal | undefined
}

/** One row of SHOW DATABASES, as far as we use it. */
interface DatabaseRow {
  name: string
  host: string | null
  port: string | null
  database: string
  /** Null where the pooler's own setting counts. */
  pool_mode: string | null
  paused: string
}

interface Pooler {
  name: string
  info: ConnectionInfo
  config: string | undefined
}

/**
 * Pauses PgBouncer, so that the application waits for an answer where it would have seen an error, and leads it to the other
 * side. Several poolers are one router: they are held together, and when one cannot be, all are let go.
 *
 * @throws PgleapError `online.pgbouncer` where one does not answer, or would give up on waiting clients before the pause is over
 */
export async function pgBouncerRouter(options: PgBouncerOptions): Promise<Router> {
  const { urls, configs } = options
  const poolers = urls.map((url, i): Pooler => {
    const info = parseConnection(url)
    return { name: `PgBouncer at ${info.hosts.map(describeHost).join(',')}`, info, config: configs[i] }
  })
  await Promise.all(poolers.map((pooler) => inspect(pooler, options)))
  return {
    name: poolers.map(({ name }) => name).join(' and '),
    hold: (pauseSignal) => together(poolers, (pooler) => hold(pooler, options, pauseSignal)),
    lead: (to) => together(poolers, (pooler) => lead(pooler, to, options)),
    release: () =>
      together(poolers, (pooler) => withConsole(pooler, undefined, (console) => resume(pooler, console, options))),
    // A console is opened for each command and closed with it.
    [Symbol.asyncDispose]: async () => {},
  }
}

/** All of them, also after one has failed; then the first failure. */
async function together(poolers: readonly Pooler[], work: (pooler: Pooler) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(poolers.map(work))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

/** Looks, before anything is made, whether the console is ours to command and clients would wait for as long as a pause may last. */
async function inspect(pooler: Pooler, options: PgBouncerOptions): Promise<void> {
  await withConsole(pooler, options.signal, async (console) => {
    await console.ask('SHOW VERSION')
    await databasesOf(pooler, console, options)
    const seconds = Number((await settingOf(console, 'query_wait_timeout')) ?? 0)
    if (seconds === 0 || seconds * 1000 > options.maxPauseMs) return
    throw failed(
      pooler,
      `gives up on clients that have waited for ${String(seconds)} s (query_wait_timeout), and the pause may last ${String(options.maxPauseMs / 1000)} s`,
      'Raise query_wait_timeout there and RELOAD, or lower --max-pause.',
    )
  })
}

/** PAUSE returns when every server connection has been given back and closed (PgBouncer docs, "PAUSE"). */
async function hold(pooler: Pooler, options: PgBouncerOptions, signal: AbortSignal): Promise<void> {
  await withConsole(pooler, signal, async (console) => {
    const usual = await settingOf(console, 'pool_mode')
    for (const { name, pool_mode: own } of await databasesOf(pooler, console, options)) {
      const paused = console.ask(`PAUSE ${quoteIdent(name)}`)
      if ((own ?? usual) === 'session') {
        // A session gives its connection back when its client leaves, which the freeze sees to; it has to be paused by then.
        paused.catch(() => {})
        await untilPaused(pooler, name, options, signal)
        continue
      }
      const late = new AbortController()
      const tooLate = sleep(options.pauseTimeoutMs, 'late', { signal: AbortSignal.any([signal, late.signal]) })
      try {
        if ((await Promise.race([paused, tooLate])) === 'late') throw busy(pooler, name, options.pauseTimeoutMs)
      } finally {
        late.abort()
        tooLate.catch(() => {})
        paused.catch(() => {})
      }
    }
  })
}

async function untilPaused(
  pooler: Pooler,
  database: string,
  options: PgBouncerOptions,
  signal: AbortSignal,
): Promise<void> {
  await withConsole(pooler, signal, async (console) => {
    for (;;) {
      signal.throwIfAborted()
      const rows = await databasesOf(pooler, console, options)
      if (rows.some(({ name, paused }) => name === database && paused === '1')) return
      await sleep(5, undefined, { signal })
    }
  })
}

/** RELOAD answers well even where it could not read the file: only what the pooler shows then counts. */
async function lead(pooler: Pooler, to: Side, options: PgBouncerOptions): Promise<void> {
  const place = options.places[to]
  await withConsole(pooler, undefined, async (console) => {
    const before = await databasesOf(pooler, console, options)
    if (pooler.config !== undefined) {
      for (const { name } of before) await rewriteConfig(pooler.config, name, place)
    }
    await console.ask('RELOAD')
    const names = new Set(before.map(({ name }) => name))
    const elsewhere = (await allDatabases(console)).filter(
      ({ name, host, port, database }) =>
        names.has(name) && (host !== place.host || port !== String(place.port) || database !== place.database),
    )
    if (elsewhere.length > 0) {
      throw failed(
        pooler,
        `leads ${elsewhere.map(({ name }) => `"${name}"`).join(', ')} to ${elsewhere[0]?.host ?? 'its socket'}:${elsewhere[0]?.port ?? ''} after RELOAD, not to ${place.host}:${String(place.port)}/${place.database}`,
        `It is still paused. Change its configuration file, then RELOAD and RESUME in its console.`,
      )
    }
    await resume(pooler, console, options)
  })
}

async function resume(pooler: Pooler, console: Console, options: PgBouncerOptions): Promise<void> {
  for (const { name, paused } of await databasesOf(pooler, console, options)) {
    if (paused === '1') await console.ask(`RESUME ${quoteIdent(name)}`)
  }
}

/** The databases to hold: the one that the pooler's connection string names, or all that have the name of ours. */
async function databasesOf(
  pooler: Pooler,
  console: Console,
  { places: { source, target } }: PgBouncerOptions,
): Promise<DatabaseRow[]> {
  const { database } = pooler.info
  const names = new Set([source.database, target.database])
  const rows = (await allDatabases(console)).filter((row) =>
    database === CONSOLE ? row.name !== CONSOLE && names.has(row.database) : row.name === database,
  )
  if (rows.length > 0) return rows
  throw failed(
    pooler,
    `knows no database ${database === CONSOLE ? `that leads to ${[...names].map((name) => `"${name}"`).join(' or ')}` : `"${database}"`}`,
    'Name the database in the connection string as the application does.',
  )
}

async function allDatabases(console: Console): Promise<DatabaseRow[]> {
  return (await console.ask('SHOW DATABASES')).map((row) => ({
    name: row['name'] ?? '',
    host: row['host'] ?? null,
    port: row['port'] ?? null,
    database: row['database'] ?? '',
    pool_mode: row['pool_mode'] ?? null,
    paused: row['paused'] ?? '',
  }))
}

async function settingOf(console: Console, name: string): Promise<string | null | undefined> {
  return (await console.ask('SHOW CONFIG')).find(({ key }) => key === name)?.['value']
}

/** The name under which the console is reached. */
const CONSOLE = 'pgbouncer'

async function withConsole<T>(
  pooler: Pooler,
  signal: AbortSignal | undefined,
  work: (console: Console) => Promise<T>,
): Promise<T> {
  try {
    await using console = await connectConsole(pooler.info.withDatabase(CONSOLE), {
      side: 'source',
      purpose: 'switch',
      signal,
    })
    return await work(console)
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason
    if (error instanceof PgleapError && error.code.startsWith('online.')) throw error
    const said = error instanceof Error ? error.message.replace(/^The source/, 'it') : String(error)
    throw failed(
      pooler,
      `does not do what it is asked: ${said}`,
      'See whether it runs, and whether the user is one of its admin_users.',
      error,
    )
  }
}

function busy(pooler: Pooler, database: string, timeoutMs: number): PgleapError {
  return new PgleapError({
    code: 'online.pgbouncer-busy',
    message: `${pooler.name} could not pause "${database}" within ${String(timeoutMs)} ms: a transaction of the application goes on.`,
    hint: 'Look for it in pg_stat_activity; try again when it is over, or allow more with --pgbouncer-timeout.',
    party: 'source',
  })
}

function failed(pooler: Pooler, what: string, hint: string, cause?: unknown): PgleapError {
  return new PgleapError({ code: 'online.pgbouncer', message: `${pooler.name} ${what}.`, hint, party: 'usage', cause })
}
