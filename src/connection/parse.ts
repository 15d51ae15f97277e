import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Environment } from './conninfo.ts'
import { splitConninfo, usageError } from './conninfo.ts'
import type { ConnectionFiles } from './files.ts'
import { realFiles } from './files.ts'
import type { Host } from './host.ts'
import type { TlsInfo } from './info.ts'
import { ConnectionInfo, SESSION_ATTRS, SSL_MODES } from './info.ts'
import { DEFAULT_SOCKET_FOLDERS, readPassfile } from './passfile.ts'
import { Secret } from './secret.ts'
import { readService } from './service.ts'

/** Every parameter that we hold to, with the environment variable that stands in for it (fe-connect.c, PQconninfoOptions). */
const HONOURED: Readonly<Record<string, string | undefined>> = {
  service: 'PGSERVICE',
  servicefile: 'PGSERVICEFILE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  dbname: 'PGDATABASE',
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  options: 'PGOPTIONS',
  channel_binding: 'PGCHANNELBINDING',
  keepalives: undefined,
  keepalives_idle: undefined,
  sslmode: 'PGSSLMODE',
  sslnegotiation: 'PGSSLNEGOTIATION',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslcertmode: 'PGSSLCERTMODE',
  sslpassword: undefined,
  sslrootcert: 'PGSSLROOTCERT',
  sslcrl: 'PGSSLCRL',
  sslsni: 'PGSSLSNI',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  load_balance_hosts: 'PGLOADBALANCEHOSTS',
}

/**
 * Parameters that libpq knows and that change nothing here: our application_name and client_encoding are our own, and
 * Node sets neither the interval nor the count of keepalive probes (they are 1 s and 10).
 */
const WITHOUT_EFFECT = new Set([
  'application_name',
  'fallback_application_name',
  'client_encoding',
  'keepalives_interval',
  'keepalives_count',
  'tcp_user_timeout',
  'sslcompression',
  'krbsrvname',
  'gsslib',
  'gssdelegation',
])

/** Parameters that ask for a guarantee that we cannot give; these values ask for none. */
const REFUSED: Readonly<Record<string, { env: string; harmless: readonly string[] }>> = {
  gssencmode: { env: 'PGGSSENCMODE', harmless: ['prefer', 'disable'] },
  requirepeer: { env: 'PGREQUIREPEER', harmless: [] },
  require_auth: { env: 'PGREQUIREAUTH', harmless: [] },
  sslcrldir: { env: 'PGSSLCRLDIR', harmless: [] },
  replication: { env: '', harmless: ['false', 'off', 'no', '0'] },
}

/** A login that hangs this long has failed; libpq would wait for ever. connect_timeout says otherwise. */
const DEFAULT_CONNECT_TIMEOUT_S = 60

/**
 * Reads a connection string as libpq does: a URI, `key=value` pairs or a database's name; then what it leaves open from
 * the service, from the PG* variables, and from libpq's defaults, in that order. Reads service and password files, but
 * no certificates and no network. Throws a PgleapError of the party `usage` that names the parameter, never its secret.
 * (PostgreSQL docs, "Database Connection Control Functions"; fe-connect.c.)
 */
export function parseConnection(
  text: string,
  { env = process.env, files = realFiles }: { env?: Environment; files?: ConnectionFiles } = {},
): ConnectionInfo {
  const home = env['HOME'] ?? homedir()
  const given = checkNames(splitConninfo(text))
  const fromEnv = (name: string) => env[HONOURED[name] ?? '']
  const service = given.get('service') ?? fromEnv('service')
  const servicefile = given.get('servicefile') ?? fromEnv('servicefile') ?? join(home, '.pg_service.conf')
  const fromService = service ? checkNames(readService(service, servicefile, env, files)) : undefined
  // An empty value is as good as none, nearly everywhere in libpq.
  const get = (name: string) => given.get(name) || fromService?.get(name) || fromEnv(name) || undefined
  for (const [name, { env: variable, harmless }] of Object.entries(REFUSED)) {
    const value = given.get(name) || fromService?.get(name) || env[variable]
    if (value && !harmless.includes(value)) throw unsupported(name)
  }

  const user = get('user') ?? userInfo().username
  const hosts = readHosts(get, files)
  const passfile = get('passfile') ?? join(home, '.pgpass')
  const password = get('password')
  const keepAlive = readChoice(get, 'keepalives', ['0', '1'], '1') === '1'
  return new ConnectionInfo(
    {
      hosts,
      user,
      database: get('dbname') ?? user,
      tls: readTls(get, join(home, '.postgresql'), hosts),
      channelBinding: readChoice(get, 'channel_binding', ['disable', 'prefer', 'require'], 'prefer'),
      sessionAttrs: readChoice(get, 'target_session_attrs', SESSION_ATTRS, 'any'),
      loadBalance: readChoice(get, 'load_balance_hosts', ['disable', 'random'], 'disable'),
      // libpq takes no less than 2 seconds, so that a rounded-down 1 is not next to nothing.
      connectTimeoutMs: atLeastTwo(readInteger(get, 'connect_timeout') ?? DEFAULT_CONNECT_TIMEOUT_S) * 1000,
      keepAliveIdleMs: keepAlive ? (readInteger(get, 'keepalives_idle') || 60) * 1000 : undefined,
      options: get('options'),
    },
    {
      given: password === undefined ? undefined : new Secret(password),
      passfile: password === undefined ? readPassfile(passfile, files) : [],
    },
  )
}

type Get = (name: string) => string | undefined

function checkNames(params: Map<string, string>): Map<string, string> {
  for (const [name, value] of params) {
    if (name === 'requiressl') params.set('sslmode', value.startsWith('1') ? 'require' : 'prefer')
    else if (!(name in HONOURED) && !(name in REFUSED) && !WITHOUT_EFFECT.has(name)) {
      throw usageError(
        'connect.parameters',
        `There is no connection parameter ${JSON.stringify(name)}.`,
        'The parameters are those of libpq, for example host, port, dbname, user, sslmode.',
      )
    }
  }
  return params
}

/** Hosts, addresses and ports are lists with commas; one port counts for all hosts (fe-connect.c, connectOptions2). */
function readHosts(get: Get, files: ConnectionFiles): Host[] {
  const ports = (get('port') ?? '').split(',').map(readPort)
  const names = get('host')?.split(',')
  const addresses = get('hostaddr')?.split(',')
  const count = addresses?.length ?? names?.length ?? 1
  if (names !== undefined && names.length !== count) {
    throw mismatch('host', names.length, 'hostaddr', count)
  }
  if (ports.length > 1 && ports.length !== count) throw mismatch('port', ports.length, 'host', count)
  return Array.from({ length: count }, (_, index): Host => {
    const port = ports[ports.length === 1 ? 0 : index] ?? DEFAULT_PORT
    const hostaddr = addresses?.[index] || undefined
    const host = names?.[index] || (hostaddr === undefined ? defaultHost(port, files) : '')
    return { host, hostaddr, port }
  })
}

const DEFAULT_PORT = 5432

function readPort(text: string): number {
  if (text.trim() === '') return DEFAULT_PORT
  const port = /^\s*\d{1,5}\s*$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65_535) return port
  throw usageError(
    'connect.parameters',
    `${JSON.stringify(text)} is not a port.`,
    'A port is a number from 1 to 65535.',
  )
}

function mismatch(what: string, count: number, than: string, wanted: number): Error {
  return usageError(
    'connect.parameters',
    `The connection string lists ${String(count)} of ${what} but ${String(wanted)} of ${than}.`,
    'Lists of hosts, addresses and ports are of the same length; a single port counts for all hosts.',
  )
}

/** libpq's is compiled in and differs from package to package; we look where the socket is, else use TCP. */
function defaultHost(port: number, files: ConnectionFiles): string {
  const folder = DEFAULT_SOCKET_FOLDERS.find((path) => files.exists(join(path, `.s.PGSQL.${String(port)}`)))
  return folder ?? 'localhost'
}

const TLS_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const

function readTls(get: Get, folder: string, hosts: readonly Host[]): TlsInfo {
  const rootCert = get('sslrootcert') ?? join(folder, 'root.crt')
  const mode = readChoice(get, 'sslmode', SSL_MODES, rootCert === 'system' ? 'verify-full' : 'prefer')
  if (rootCert === 'system' && mode !== 'verify-full') {
    throw usageError(
      'connect.parameters',
      `sslmode=${mode} does not go with sslrootcert=system.`,
      'Anyone can get a certificate of a public authority, so the host name has to be checked: use sslmode=verify-full.',
    )
  }
  if (mode === 'verify-full' && hosts.some(({ host }) => host === '')) {
    throw usageError(
      'connect.parameters',
      'sslmode=verify-full needs a host name to check, and only hostaddr is given.',
      'Give host, too.',
    )
  }
  const negotiation = readChoice(get, 'sslnegotiation', ['postgres', 'direct'], 'postgres')
  if (negotiation === 'direct' && ['disable', 'allow', 'prefer'].includes(mode)) {
    throw usageError(
      'connect.parameters',
      `sslnegotiation=direct does not go with sslmode=${mode}.`,
      'Use sslmode=require, verify-ca or verify-full.',
    )
  }
  const keyPassword = get('sslpassword')
  const sslmax = get('ssl_max_protocol_version')
  return {
    mode,
    negotiation,
    rootCert,
    cert: get('sslcert') ?? join(folder, 'postgresql.crt'),
    key: get('sslkey') ?? join(folder, 'postgresql.key'),
    certAsked: get('sslcert') !== undefined,
    certMode: readChoice(get, 'sslcertmode', ['disable', 'allow', 'require'], 'allow'),
    keyPassword: keyPassword === undefined ? undefined : new Secret(keyPassword),
    crl: get('sslcrl') ?? join(folder, 'root.crl'),
    sni: readChoice(get, 'sslsni', ['0', '1'], '1') === '1' ? 'send' : 'omit',
    minVersion: readChoice(get, 'ssl_min_protocol_version', TLS_VERSIONS, 'TLSv1.2'),
    maxVersion: sslmax === undefined ? undefined : readChoice(get, 'ssl_max_protocol_version', TLS_VERSIONS, 'TLSv1.3'),
  }
}

function readChoice<T extends string>(get: Get, name: string, choices: readonly T[], fallback: T): T {
  const value = get(name)
  if (value === undefined) return fallback
  const choice = choices.find((candidate) => candidate === value)
  if (choice !== undefined) return choice
  throw usageError(
    'connect.parameters',
    `${name} cannot be ${JSON.stringify(value)}.`,
    `It is one of ${choices.join(', ')}.`,
  )
}

function readInteger(get: Get, name: string): number | undefined {
  const value = get(name)
  if (value === undefined) return undefined
  if (/^\s*-?\d{1,9}\s*$/.test(value)) return Math.max(0, Number(value))
  throw usageError(
    'connect.parameters',
    `${name} cannot be ${JSON.stringify(value)}.`,
    'It is a whole number of seconds.',
  )
}

function atLeastTwo(seconds: number): number {
  return seconds === 0 ? 0 : Math.max(2, seconds)
}

function unsupported(name: string): Error {
  return usageError(
    'connect.unsupported',
    `pgleap cannot do what the connection parameter ${name} asks for.`,
    'Leave it out where that is safe; it may come from the string, the service or a PG* variable.',
  )
}
