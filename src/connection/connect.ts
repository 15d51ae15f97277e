import type { Duplex } from 'node:stream'
import { setMaxListeners } from 'node:events'
import { PgleapError, unreachable } from '../errors.ts'
import { loadSql } from '../sql.ts'
import { clientOver } from './client.ts'
import type { ClientOptions, LoginClient } from './client.ts'
import { connectError } from './connect-errors.ts'
import { isConnectionLost, isRetryable, nodeCode, serverFields } from './errors.ts'
import type { Host } from './host.ts'
import type { ConnectionInfo, SessionAttrs } from './info.ts'
import { describeHost, isSocketFolder } from './host.ts'
import type { Login } from './pg-session.ts'
import { PgSession } from './pg-session.ts'
import { poolerBetween, refusePooler } from './pooler.ts'
import type { Session, Side } from './session.ts'
import { OUR_SETTINGS } from './settings.ts'
import type { Encryption } from './socket.ts'
import { openSocket } from './socket.ts'

const SETTINGS = loadSql(import.meta.url, 'settings.sql')

/** A server's notice or warning on a session. */
export interface Notice {
  readonly severity: string
  readonly sqlstate: string
  readonly message: string
  readonly detail: string | undefined
}

export interface ConnectOptions {
  side: Side
  /** What the session is for; it shows in pg_stat_activity as `pgleap: <purpose>`. */
  purpose: string
  /** Aborting it ends a login under way, and later cancels what the session is running at that moment. */
  signal?: AbortSignal | undefined
  /** Settings of this session alone, by name, on top of ours. */
  settings?: Readonly<Record<string, string>> | undefined
  onNotice?: ((notice: Notice) => void) | undefined
}

type LoginOptions = ConnectOptions & Pick<ClientOptions, 'replication'>

interface Known {
  pid: number
  version: number
  user: string
  database: string
  recovering: boolean
  read_only: boolean
  /** How many settings were made; null where a pooler answered. */
  settings: number | null
}

/**
 * Logs in as libpq would: each host in turn, TLS as sslmode says, the host's role as target_session_attrs says. The
 * session has our settings (settings.ts) and the caller's. Throws a PgleapError of the party `side` with one clear
 * sentence, and refuses a pooler that does not keep one server process for the session: nothing is set on those.
 */
export async function connect(info: ConnectionInfo, options: ConnectOptions): Promise<Session> {
  return firstHost(info, options, (host, attrs) => connectTo(info, host, attrs, options))
}

/**
 * Logs in as \`connect\` does, but to a walsender (\`replication=database\`), which takes replication commands and simple
 * queries. The caller ends it. None of our settings are made.
 */
export async function connectWalSender(info: ConnectionInfo, options: ConnectOptions): Promise<LoginClient> {
  return connectWithoutSettings(info, { ...options, replication: 'database' })
}

/** Logs in and does nothing else. The caller ends it. */
export async function connectWithoutSettings(info: ConnectionInfo, options: LoginOptions): Promise<LoginClient> {
  return firstHost(info, options, (host) =>
    withDeadline(info, host, options, async (deadline) => {
      const { client } = await loginAny(info, host, options, deadline)
      return client
    }),
  )
}

async function firstHost<T>(
  info: ConnectionInfo,
  options: ConnectOptions,
  open: (host: Host, attrs: SessionAttrs) => Promise<T>,
): Promise<T> {
  // Every session of a run listens to the run's one signal; Node takes more than ten for a leak, and prints that.
  if (options.signal !== undefined) setMaxListeners(0, options.signal)
  const hosts = info.loadBalance === 'random' ? shuffled(info.hosts) : info.hosts
  const passes: SessionAttrs[] = info.sessionAttrs === 'prefer-standby' ? ['standby', 'any'] : [info.sessionAttrs]
  const failures: PgleapError[] = []
  for (const attrs of passes) {
    for (const host of hosts) {
      try {
        return await open(host, attrs)
      } catch (error) {
        const failure = connectError(error, options.side, info, host)
        if (!mayTryNextHost(failure)) throw failure
        failures.push(failure)
      }
    }
  }
  const [first] = failures
  if (first !== undefined && failures.length === 1) throw first
  throw new PgleapError({
    code: 'connect.no-host',
    message: `None of the hosts of the ${options.side} can be used. ${failures.map(({ message }) => message).join(' ')}`,
    hint: first?.hint,
    party: options.side,
    cause: first,
  })
}

/** As libpq: hosts that cannot be reached, are not up or are of the wrong role are passed over; a refused login is final. */
function mayTryNextHost(failure: PgleapError): boolean {
  return isConnectionLost(failure) || isRetryable(failure) || NEXT_HOST.has(failure.code)
}

const NEXT_HOST = new Set([
  'connect.unknown-host',
  'connect.refused',
  'connect.timeout',
  'connect.closed',
  'connect.no-access',
  'connect.role',
])

async function connectTo(
  info: ConnectionInfo,
  host: Host,
  attrs: SessionAttrs,
  options: ConnectOptions,
): Promise<PgSession> {
  const { side, signal } = options
  return withDeadline(info, host, options, async (deadline) => {
    const login = await loginAny(info, host, options, deadline)
    try {
      const known = await settle(login, options, () => loginAny(info, host, options, deadline))
      if (!fits(known, attrs)) throw wrongRole(side, host, attrs)
      return new PgSession({ ...known, side }, login, signal ?? new AbortController().signal)
    } catch (error) {
      const failure = cutShort(error, login.connection.stream)
      await login.client.end().catch(() => {})
      throw deadline.aborted ? deadline.reason : failure
    }
  })
}

/** Runs a login that ends with the caller's signal, or when connect_timeout has passed. */
async function withDeadline<T>(
  info: ConnectionInfo,
  host: Host,
  { side, signal }: ConnectOptions,
  login: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController()
  const aborted = () => deadline.abort(interrupted())
  signal?.addEventListener('abort', aborted, { once: true })
  if (signal?.aborted === true) aborted()
  const timer = info.connectTimeoutMs === 0 ? undefined : setTimeout(late, info.connectTimeoutMs)
  function late(): void {
    deadline.abort(timedOut(side, host, info.connectTimeoutMs))
  }
  try {
    return await login(deadline.signal)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', aborted)
  }
}

/** Tries what sslmode allows for, in libpq's order (PostgreSQL docs, "SSL Support"); sockets of the machine have no TLS. */
async function loginAny(
  info: ConnectionInfo,
  host: Host,
  options: LoginOptions,
  deadline: AbortSignal,
): Promise<Login> {
  const failures: { encryption: Encryption; error: unknown }[] = []
  for (const encryption of attempts(info, host)) {
    try {
      return await login(info, host, encryption, options, deadline)
    } catch (error) {
      if (deadline.aborted) throw deadline.reason
      failures.push({ encryption, error })
      if (!mayTryOtherEncryption(error)) break
    }
  }
  // What the server says over TLS tells most; a refusal in clear is often only "no encryption".
  const told = failures.filter(({ error }) => serverFields(error) !== undefined)
  const best = told.find(({ encryption }) => encryption !== 'clear') ?? told[0] ?? failures[0]
  throw best?.error
}

function attempts(info: ConnectionInfo, host: Host): Encryption[] {
  if (isSocketFolder(host.host)) return ['clear']
  switch (info.tls.mode) {
    case 'disable':
      return ['clear']
    case 'allow':
      return ['clear', 'tls']
    case 'prefer':
      return ['offer', 'clear']
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return ['tls']
    default:
      return unreachable(info.tls.mode)
  }
}

/** A refused login or a failed handshake may go better the other way; an address where nobody answers does not. */
function mayTryOtherEncryption(error: unknown): boolean {
  if (serverFields(error) !== undefined) return true
  const code = nodeCode(error)
  return (
    code !== '' && !/^(?:ENOTFOUND|EAI_|ECONNREFUSED|ENOENT|EACCES|EPERM|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)/.test(code)
  )
}

async function login(
  info: ConnectionInfo,
  host: Host,
  encryption: Encryption,
  options: LoginOptions,
  deadline: AbortSignal,
): Promise<Login> {
  const { side, onNotice } = options
  const { socket, encrypted } = await openSocket(info, host, encryption, side, deadline)
  const abort = () => {
    socket.destroy(deadline.reason instanceof Error ? deadline.reason : undefined)
  }
  deadline.addEventListener('abort', abort, { once: true })
  const { client, connection } = clientOver(socket, info, host, options)
  client.on('error', () => {}) // the session listens, too; an error on an idle connection never ends the process
  if (onNotice !== undefined) {
    client.on('notice', (notice) => {
      const { severity = '', code: sqlstate = '', message = '', detail } = notice
      onNotice({ severity, sqlstate, message, detail })
    })
  }
  try {
    await client.connect()
  } catch (error) {
    const failure = cutShort(error, socket)
    socket.destroy()
    throw failure
  }
  // The abort listener stays for the rest of the login; the deadline's controller goes with connectTo.
  return { client, connection, info, host, encrypted }
}

/** Makes the settings and reads who we are; where a pooler is in between, finds out first whether it keeps our process. */
async function settle({ client }: Login, options: ConnectOptions, another: () => Promise<Login>): Promise<Known> {
  const make = async (pid: number): Promise<Known> => {
    const values = [pid, JSON.stringify(OUR_SETTINGS), JSON.stringify(options.settings ?? {})]
    const { rows } = await client.query<Known>(SETTINGS, values)
    const [known] = rows
    if (known !== undefined) return known
    throw new PgleapError({
      code: 'internal.no-row',
      message: 'The server gave no row for a SELECT.',
      party: 'internal',
    })
  }
  const known = await make(client.processID)
  if (known.settings !== null) return known
  if ((await poolerBetween(client, another)) === 'shared') throw refusePooler(options.side)
  return make(known.pid)
}

/** pg has no code for a connection that ends in the middle of the login, which is how a server that stops answers. */
function cutShort(error: unknown, socket: Duplex): unknown {
  if (!socket.destroyed && !socket.readableEnded) return error
  if (error instanceof PgleapError || serverFields(error) !== undefined || nodeCode(error) !== '') return error
  return Object.assign(new Error('closed during the login', { cause: error }), { code: 'ECONNRESET' })
}

function fits(known: Known, attrs: SessionAttrs): boolean {
  const writable = !known.recovering && !known.read_only
  switch (attrs) {
    case 'any':
    case 'prefer-standby':
      return true
    case 'read-write':
      return writable
    case 'read-only':
      return !writable
    case 'primary':
      return !known.recovering
    case 'standby':
      return known.recovering
    default:
      return unreachable(attrs)
  }
}

function shuffled(hosts: readonly Host[]): Host[] {
  return hosts
    .map((host) => ({ host, rank: Math.random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ host }) => host)
}

function wrongRole(side: Side, host: Host, attrs: SessionAttrs): PgleapError {
  return new PgleapError({
    code: 'connect.role',
    message: `The ${side} (${describeHost(host)}) is not what target_session_attrs=${attrs} asks for.`,
    hint: 'Name the host that is, or leave target_session_attrs out.',
    party: side,
  })
}

function timedOut(side: Side, host: Host, ms: number): PgleapError {
  return new PgleapError({
    code: 'connect.timeout',
    message: `The ${side} (${describeHost(host)}) did not let us in within ${String(ms / 1000)} s.`,
    hint: 'See whether the address is right and the server well; connect_timeout sets the time.',
    party: side,
    // As a connect that the network timed out: it may be tried again.
    cause: Object.assign(new Error('connect_timeout'), { code: 'ETIMEDOUT' }),
  })
}

function interrupted(): PgleapError {
  return new PgleapError({ code: 'run.interrupted', message: 'Interrupted while connecting.', party: 'interrupted' })
}
