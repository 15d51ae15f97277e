import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConnectOptions } from '../../src/connection/index.ts'
import { connect, isRetryable, parseConnection } from '../../src/connection/index.ts'
import type { OwnServer } from '../kit/index.ts'
import {
  CertificateAuthority,
  connectClient,
  freePort,
  freshDatabase,
  freshRole,
  server,
  startServer,
} from '../kit/index.ts'

const PASSWORD = "it's @ se/cret"

/** No home, so that nothing of this machine's user (certificates, password file) counts. */
const env = { HOME: '/nowhere' }

function open(text: string, options: Partial<ConnectOptions> = {}) {
  return connect(parseConnection(text, { env }), { side: 'target', purpose: 'connect test', ...options })
}

async function failure(text: string, options: Partial<ConnectOptions> = {}) {
  const outcome = await open(text, options).catch((error: unknown) => error)
  expect(JSON.stringify(outcome, ['message', 'hint', 'cause'])).not.toContain(PASSWORD)
  return outcome
}

async function encryption(text: string): Promise<'tls' | 'clear'> {
  await using session = await open(text)
  const [row] = await session.query<{ ssl: boolean }>('select ssl from pg_stat_ssl where pid = pg_backend_pid()')
  return row?.ssl === true ? 'tls' : 'clear'
}

describe('a server with TLS and passwords', () => {
  let pg: OwnServer
  let folder: string
  const tlsFile = (name: string) => join(folder, name)
  const write = (name: string, text: string, mode = 0o600) => writeFileSync(tlsFile(name), text, { mode })

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pgleap-tls-'))
    const authority = new CertificateAuthority()
    const client = authority.issue({ commonName: 'leaper' })
    write('ca.crt', authority.cert)
    write('other-ca.crt', new CertificateAuthority('somebody else').cert)
    write('client.crt', client.cert)
    write('client.key', client.key)
    write('loose.key', client.key, 0o644)
    pg = await startServer({
      major: 17,
      password: PASSWORD,
      tls: { ...authority.issue({ commonName: 'localhost', hosts: ['localhost'] }), clientCa: authority.cert },
      hba: [
        'hostssl all only_tls 127.0.0.1/32 trust',
        'hostnossl all only_clear 127.0.0.1/32 trust',
        'hostssl all leaper 127.0.0.1/32 cert',
        'host all nobody_at_all 127.0.0.1/32 reject',
        'host all postgres 127.0.0.1/32 scram-sha-256',
        'host all full 127.0.0.1/32 trust',
        'local all all scram-sha-256',
      ],
    })
    await using admin = await connectClient(pg.url('postgres', 'postgres', PASSWORD))
    await admin.query(`create role only_tls login; create role only_clear login; create role leaper login;
      create role nobody_at_all login; create role full login connection limit 0`)
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await pg[Symbol.asyncDispose]()
  })

  /** A connection string; the certificate is for the host localhost. */
  const to = (more: string, { user = 'postgres', host = 'localhost' } = {}) =>
    `host=${host} hostaddr=127.0.0.1 port=${String(pg.port)} user=${user} dbname=postgres ` +
    `password='${PASSWORD.replaceAll("'", String.raw`\'`)}' ${more}`

  test('sslmode means what it means in libpq', async () => {
    const ca = `sslrootcert=${tlsFile('ca.crt')}`
    expect(await encryption(to('sslmode=disable'))).toBe('clear')
    expect(await encryption(to('sslmode=allow'))).toBe('clear')
    expect(await encryption(to(''))).toBe('tls')
    expect(await encryption(to('sslmode=require'))).toBe('tls')
    expect(await encryption(to(`sslmode=require sslrootcert=/nowhere/root.crt`))).toBe('tls')
    expect(await encryption(to(`sslmode=verify-ca ${ca}`, { host: '127.0.0.1' }))).toBe('tls')
    expect(await encryption(to(`sslmode=verify-full ${ca}`))).toBe('tls')
    expect(await encryption(to('sslmode=require sslnegotiation=direct'))).toBe('tls')
  })

  test('allow and prefer go the other way where the server asks for it', async () => {
    expect(await encryption(to('sslmode=allow', { user: 'only_tls' }))).toBe('tls')
    expect(await encryption(to('sslmode=prefer', { user: 'only_clear' }))).toBe('clear')
    expect(await encryption(to(`sslmode=prefer sslrootcert=${tlsFile('other-ca.crt')}`, { user: 'only_clear' }))).toBe(
      'clear',
    )
  })

  test('certificates that do not hold are refused with a reason', async () => {
    const wrong = `sslrootcert=${tlsFile('other-ca.crt')}`
    const untrusted = { code: 'connect.tls-untrusted', party: 'target' }
    expect(await failure(to(`sslmode=verify-ca ${wrong}`))).toMatchObject(untrusted)
    // A root certificate that is there counts for require, too.
    expect(await failure(to(`sslmode=require ${wrong}`))).toMatchObject(untrusted)
    expect(await failure(to('sslmode=verify-full sslrootcert=system'))).toMatchObject(untrusted)
    expect(
      await failure(to(`sslmode=verify-full sslrootcert=${tlsFile('ca.crt')}`, { host: '127.0.0.1' })),
    ).toMatchObject({ code: 'connect.tls-hostname' })
    expect(await failure(to('sslmode=verify-full'))).toMatchObject({ code: 'connect.tls-no-root', party: 'usage' })
  })

  test('a client certificate logs in, if nobody else may read its key', async () => {
    const cert = `sslmode=require sslcert=${tlsFile('client.crt')}`
    expect(await encryption(to(`${cert} sslkey=${tlsFile('client.key')}`, { user: 'leaper' }))).toBe('tls')
    expect(await failure(to(`${cert} sslkey=${tlsFile('loose.key')}`, { user: 'leaper' }))).toMatchObject({
      code: 'connect.tls-client',
    })
    expect(await failure(to('sslmode=require', { user: 'leaper' }))).toMatchObject({ code: 'connect.not-allowed' })
  })

  test('channel_binding=require holds over TLS and is refused in clear', async () => {
    expect(await encryption(to('sslmode=require channel_binding=require'))).toBe('tls')
    expect(await failure(to('sslmode=disable channel_binding=require'))).toMatchObject({
      code: 'connect.channel-binding',
    })
  })

  test('a cancel goes over TLS, too', async () => {
    await using session = await open(to('sslmode=require'))
    const sleeping = session.query('select pg_sleep(60)').catch((error: unknown) => error)
    await session.cancel()
    expect(await sleeping).toMatchObject({ code: 'target.cancelled', server: { sqlstate: '57014' } })
  })

  test('each refused login says in one sentence why, and never the password', async () => {
    const url = pg.url('postgres', 'postgres', 'wrong')
    expect(await failure(url)).toMatchObject({ code: 'connect.password', party: 'target' })
    expect(await failure(url, { side: 'source' })).toMatchObject({ party: 'source', exitCode: 3 })
    expect(await failure(`postgres://postgres@127.0.0.1:${String(pg.port)}/postgres`)).toMatchObject({
      code: 'connect.password-missing',
    })
    expect(await failure(to('', { user: 'nobody_at_all' }))).toMatchObject({ code: 'connect.not-allowed' })
    expect(await failure(to('', { user: 'full' }))).toMatchObject({ code: 'connect.too-many' })
    expect(await failure(to('dbname=nowhere'))).toMatchObject({ code: 'connect.no-database' })
    expect(await failure(to('sslmode=require', { user: 'only_clear' }))).toMatchObject({ code: 'connect.not-allowed' })
  })

  test('a Unix socket is found by its folder, and TLS is not asked for there', async () => {
    const text = to('sslmode=require').replace('host=localhost hostaddr=127.0.0.1', `host=${pg.socketDir}`)
    expect(await encryption(text)).toBe('clear')
    expect(await failure(text.replace(pg.socketDir, '/nowhere'))).toMatchObject({ code: 'connect.refused' })
  })
})

test('a server without TLS is used in clear by prefer, and refused by require', async () => {
  const pg = await server(17)
  expect(await encryption(`${pg.url()}?sslmode=prefer`)).toBe('clear')
  expect(await failure(`${pg.url()}?sslmode=require`)).toMatchObject({ code: 'connect.tls-refused' })
})

test('addresses where no server is are told apart', async () => {
  const port = await freePort()
  const refused = await failure(`postgres://u@127.0.0.1:${String(port)}/d`)
  expect(refused).toMatchObject({
    code: 'connect.refused',
    message: expect.stringContaining(`127.0.0.1:${String(port)}`),
  })
  expect(isRetryable(refused)).toBe(true)
  expect(await failure('postgres://u@no-such-host.invalid/d')).toMatchObject({ code: 'connect.unknown-host' })
})

/** Something that is no PostgreSQL: it answers with this text, or never. */
async function stranger(answer: string | undefined) {
  const listening = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => answer !== undefined && socket.end(answer))
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address()
  return {
    url: `postgres://u@127.0.0.1:${String(typeof address === 'object' ? address?.port : 0)}/d`,
    [Symbol.dispose]: () => void listening.close(),
  }
}

test('a server that never answers is left after connect_timeout', async () => {
  using silent = await stranger(undefined)
  const error = await failure(`${silent.url}?connect_timeout=2`)
  expect(error).toMatchObject({ code: 'connect.timeout' })
  expect(isRetryable(error)).toBe(true)
})

test('what is no PostgreSQL is recognised', async () => {
  using web = await stranger('HTTP/1.1 400 Bad Request\r\n\r\n')
  expect(await failure(web.url)).toMatchObject({ code: 'connect.not-postgres' })
})

test('an abort ends a login that hangs', async () => {
  using silent = await stranger(undefined)
  const stop = new AbortController()
  const connecting = failure(silent.url, { signal: stop.signal })
  stop.abort()
  expect(await connecting).toMatchObject({ code: 'run.interrupted', party: 'interrupted' })
  expect(await failure(silent.url, { signal: stop.signal })).toMatchObject({ code: 'run.interrupted' })
})

test('of several hosts the first that can be used is used', async () => {
  const pg = await server(17)
  const dead = await freePort()
  const hosts = `127.0.0.1:${String(dead)},127.0.0.1:${String(pg.port)}`
  await using session = await open(`postgres://postgres@${hosts}/postgres?load_balance_hosts=random`)
  expect(await session.query('select 1 as one')).toEqual([{ one: 1 }])
  const none = await failure(`postgres://postgres@127.0.0.1:${String(dead)},127.0.0.1:${String(dead)}/postgres`)
  expect(none).toMatchObject({ code: 'connect.no-host', cause: { code: 'connect.refused' } })
})

test('target_session_attrs picks by what the server is', async () => {
  const pg = await server(17)
  await using role = await freshRole(pg)
  await using admin = await connectClient(pg.url())
  await admin.query(`alter role "${role.name}" set default_transaction_read_only = on`)
  const as = (user: string, attrs: string) => `${pg.url('postgres', user)}?target_session_attrs=${attrs}`
  for (const [user, attrs] of [
    ['postgres', 'read-write'],
    ['postgres', 'primary'],
    ['postgres', 'prefer-standby'],
    [role.name, 'read-only'],
    [role.name, 'primary'],
  ] as const) {
    await using session = await open(as(user, attrs))
    expect(session.user).toBe(user)
  }
  expect(await failure(as('postgres', 'standby'))).toMatchObject({ code: 'connect.role' })
  expect(await failure(as('postgres', 'read-only'))).toMatchObject({ code: 'connect.role' })
  expect(await failure(as(role.name, 'read-write'))).toMatchObject({ code: 'connect.role' })
})

for (const major of [13, 18] as const) {
  test(`the session has our settings on ${String(major)}, whatever the role has`, async () => {
    const pg = await server(major)
    await using role = await freshRole(pg)
    await using db = await freshDatabase(pg)
    await using admin = await connectClient(pg.url())
    for (const setting of [
      'statement_timeout = 1000',
      'lock_timeout = 1000',
      "search_path = 'information_schema'",
      "datestyle = 'German'",
      'extra_float_digits = -5',
      "bytea_output = 'escape'",
      "timezone = 'Asia/Kathmandu'",
      "default_transaction_isolation = 'serializable'",
    ]) {
      await admin.query(`alter role "${role.name}" in database "${db.name}" set ${setting}`)
    }
    const settings = { maintenance_work_mem: '64MB', 'pgleap.note': 'ours' }
    const info = parseConnection(db.urlFor(role.name), { env })
    await using session = await connect(info, { side: 'target', purpose: 'settings', settings })
    const [row] = await session.query(`select current_setting('statement_timeout') as statement_timeout,
      current_setting('lock_timeout') as lock_timeout, current_setting('search_path') as search_path,
      1.0::float8 / 3 as third, '\\x00ff'::bytea as bytes, timestamptz '2020-01-01 12:00+01' as at,
      current_setting('transaction_isolation') as isolation, current_setting('row_security') as row_security,
      current_setting('maintenance_work_mem') as mem, current_setting('pgleap.note') as note,
      (select application_name from pg_stat_activity where pid = pg_backend_pid()) as name,
      coalesce(current_setting('transaction_timeout', true), '0') as transaction_timeout`)
    expect(row).toEqual({
      statement_timeout: '0',
      lock_timeout: '0',
      search_path: '',
      third: 1 / 3,
      bytes: Buffer.from([0, 255]),
      at: '2020-01-01 11:00:00+00',
      isolation: 'read committed',
      row_security: 'off',
      mem: '64MB',
      note: 'ours',
      name: 'pgleap: settings',
      transaction_timeout: '0',
    })
    expect(session).toMatchObject({ major, user: role.name, database: db.name, broken: false })
  })
}

test('a setting that the server does not know is refused', async () => {
  const pg = await server(17)
  expect(await failure(pg.url(), { settings: { no_such_setting: '1' } })).toMatchObject({
    party: 'target',
    message: expect.stringContaining('no_such_setting'),
  })
})
