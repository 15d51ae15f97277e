import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ConnectionFiles } from '../../src/connection/index.ts'
import { parseConnection, redact } from '../../src/connection/index.ts'

type Files = Record<string, { text: string; mode?: number }>

function files(all: Files = {}): ConnectionFiles {
  return {
    read(path) {
      const file = all[path]
      return file === undefined ? undefined : { text: file.text, mode: file.mode ?? 0o600 }
    },
    exists: (path) => path in all,
  }
}

const HOME = { HOME: '/home/me' }

/** Parses without anything of this machine. */
function parse(text: string, { env = {}, all = {} }: { env?: Record<string, string>; all?: Files } = {}) {
  return parseConnection(text, { env: { ...HOME, ...env }, files: files(all) })
}

function passwordOf(text: string, options?: { env?: Record<string, string>; all?: Files }, host = 0) {
  const info = parse(text, options)
  const at = info.hosts[host]
  return at === undefined ? undefined : info.passwordFor(at)?.reveal()
}

const usage = (text: string) => expect.objectContaining({ party: 'usage', message: expect.stringContaining(text) })

test('a URI gives user, password, host, port, database and parameters', () => {
  const info = parse('postgresql://us%40er:p%3Aw%2F@db.example:6543/my%20db?sslmode=verify-full&connect_timeout=7')
  expect(info).toMatchObject({
    hosts: [{ host: 'db.example', port: 6543 }],
    user: 'us@er',
    database: 'my db',
    connectTimeoutMs: 7000,
    tls: { mode: 'verify-full' },
  })
  expect(info.hosts.map((host) => info.passwordFor(host)?.reveal())).toEqual(['p:w/'])
  expect(info.describe()).toBe('us@er@db.example:6543/my db')
})

test('a URI may leave out nearly everything', () => {
  expect(parse('postgres://', { env: { PGUSER: 'me' } })).toMatchObject({
    hosts: [{ host: 'localhost', port: 5432 }],
    user: 'me',
    database: 'me',
  })
  expect(parse('postgres://me@').user).toBe('me')
  expect(parse('postgres:///db?host=/run/pg')).toMatchObject({ database: 'db', hosts: [{ host: '/run/pg' }] })
  expect(parse('postgres://%2Frun%2Fpg/db').hosts).toMatchObject([{ host: '/run/pg' }])
})

test('a URI may hold IPv6 addresses and several hosts', () => {
  const info = parse('postgres://me@[::1]:1,two,three:3/db?target_session_attrs=read-write')
  expect(info.hosts).toMatchObject([
    { host: '::1', port: 1 },
    { host: 'two', port: 5432 },
    { host: 'three', port: 3 },
  ])
  expect(info.sessionAttrs).toBe('read-write')
  expect(info.describe()).toBe('me@[::1]:1,two:5432,three:3/db')
})

test('JDBC-style ssl=true asks for TLS, and requiressl is understood', () => {
  expect(parse('postgres://h/db?ssl=true').tls.mode).toBe('require')
  expect(parse('host=h requiressl=1').tls.mode).toBe('require')
})

test('key=value pairs may have spaces around =, quotes and backslashes', () => {
  const info = parse(String.raw` host = 'my host'  port=5433 user=o\'neil dbname='it\'s \\ here' application_name= `)
  expect(info).toMatchObject({
    hosts: [{ host: 'my host', port: 5433 }],
    user: "o'neil",
    database: String.raw`it's \ here`,
  })
})

test('a bare word is a database', () => {
  expect(parse('shop')).toMatchObject({ database: 'shop' })
  expect(parse('', { env: { PGDATABASE: 'other' } })).toMatchObject({ database: 'other' })
})

test('lists of hosts, addresses and ports go together', () => {
  expect(parse('host=a,b hostaddr=10.0.0.1,10.0.0.2 port=1').hosts).toEqual([
    { host: 'a', hostaddr: '10.0.0.1', port: 1 },
    { host: 'b', hostaddr: '10.0.0.2', port: 1 },
  ])
  expect(parse('hostaddr=10.0.0.1').hosts).toEqual([{ host: '', hostaddr: '10.0.0.1', port: 5432 }])
  expect(parse('hostaddr=10.0.0.1 user=u dbname=d').describe()).toBe('u@10.0.0.1:5432/d')
  expect(() => parse('host=a,b,c port=1,2')).toThrow(usage('2 of port but 3 of host'))
  expect(() => parse('host=a,b,c hostaddr=10.0.0.1')).toThrow(usage('3 of host but 1 of hostaddr'))
})

test('without a host the server’s socket is used where there is one, else localhost', () => {
  expect(parse('port=5433').hosts).toMatchObject([{ host: 'localhost' }])
  expect(parse('port=5433', { all: { '/tmp/.s.PGSQL.5433': { text: '' } } }).hosts).toMatchObject([{ host: '/tmp' }])
})

test('the string comes before the service, the service before the environment', () => {
  const all = {
    '/home/me/.pg_service.conf': { text: '# mine\n[other]\nhost=no\n[shop]\nhost=service\nport=1\nport=2\nuser=su\n' },
  }
  const env = { PGSERVICE: 'shop', PGHOST: 'env', PGUSER: 'eu', PGDATABASE: 'ed', PGPORT: '9' }
  expect(parse('user=mine', { env, all })).toMatchObject({
    hosts: [{ host: 'service', port: 1 }],
    user: 'mine',
    database: 'ed',
  })
  expect(parse('postgres:///?service=other', { all }).hosts).toMatchObject([{ host: 'no' }])
})

test('services are found in PGSERVICEFILE, and then in PGSYSCONFDIR', () => {
  const all = { '/a/mine': { text: '[one]\nhost=h1' }, '/etc/pg/pg_service.conf': { text: '[two]\nhost=h2' } }
  const env = { PGSERVICEFILE: '/a/mine', PGSYSCONFDIR: '/etc/pg' }
  expect(parse('service=one', { env, all }).hosts).toMatchObject([{ host: 'h1' }])
  expect(parse('service=two', { env, all }).hosts).toMatchObject([{ host: 'h2' }])
  expect(() => parse('service=three', { env, all })).toThrow(usage('no service "three"'))
  expect(() => parse('service=x', { all: { '/home/me/.pg_service.conf': { text: '[x]\nservice=x' } } })).toThrow(
    usage('Line 2'),
  )
})

test('the password file is read by host, port, database and user, the first line that fits counting', () => {
  const text = [
    '# h:5432:db:me:comment',
    String.raw`h:5432:db:me:exact\:with\\colon`,
    'h:*:*:me:anywhere on h',
    'localhost:5432:*:*:local',
    String.raw`\*:5432:*:*:a star`,
    '*:1:*:*:port one\r',
  ].join('\n')
  const all = { '/home/me/.pgpass': { text } }
  expect(passwordOf('postgres://me@h/db', { all })).toBe(String.raw`exact:with\colon`)
  expect(passwordOf('postgres://me@h:9/x', { all })).toBe('anywhere on h')
  expect(passwordOf('postgres://you@h/db', { all })).toBeUndefined()
  expect(passwordOf('host=/tmp user=u', { all })).toBe('local')
  expect(passwordOf('host=/elsewhere user=u', { all })).toBeUndefined()
  expect(passwordOf('host=a,b port=2,1 user=u', { all }, 1)).toBe('port one')
  expect(passwordOf('postgres://me:given@h/db', { all })).toBe('given')
  expect(passwordOf('postgres://me@h/db', { all, env: { PGPASSWORD: 'from env' } })).toBe('from env')
  expect(parse('postgres://me@h/db', { all }).withDatabase('else').describe()).toBe('me@h:5432/else')
})

test('a password file that others may read gives nothing', () => {
  const open = { '/p': { text: '*:*:*:*:secret', mode: 0o640 } }
  expect(passwordOf('host=h passfile=/p', { all: open })).toBeUndefined()
  const closed = { '/p': { text: '*:*:*:*:secret', mode: 0o600 } }
  expect(passwordOf('host=h', { all: closed, env: { PGPASSFILE: '/p' } })).toBe('secret')
})

test('a password that another database has in the file is asked for anew', () => {
  const all = { '/home/me/.pgpass': { text: 'h:*:one:*:first\nh:*:two:*:second' } }
  const two = parse('postgres://u@h/one', { all }).withDatabase('two')
  expect(two.secrets().map((secret) => secret.reveal())).toEqual(['second'])
})

test('what libpq does not know is refused by name, and what it cannot mean by value', () => {
  expect(() => parse('postgres://h/db?sslmod=require')).toThrow(usage('"sslmod"'))
  expect(() => parse('host=h hots=x')).toThrow(usage('"hots"'))
  expect(() => parse('host=h sslmode=maybe')).toThrow(usage('sslmode cannot be "maybe"'))
  expect(() => parse('host=h port=70000')).toThrow(usage('"70000" is not a port'))
  expect(() => parse('host=h connect_timeout=soon')).toThrow(usage('connect_timeout'))
  expect(() => parse('host=h require_auth=scram-sha-256')).toThrow(usage('require_auth'))
  expect(() => parse('host=h', { env: { PGGSSENCMODE: 'require' } })).toThrow(usage('gssencmode'))
  expect(
    parse('host=h gssencmode=prefer client_encoding=UTF8 application_name=x keepalives_count=3').hosts,
  ).toHaveLength(1)
})

test('strings that cannot be read are refused without being quoted', () => {
  const secret = 's3cret'
  for (const text of [
    `host=h password='${secret}`,
    `host=h password=${secret} user`,
    `postgres://u:${secret}@[::1/db`,
    `postgres://u:${secret}%zz@h/db`,
    `postgres://u:${secret}@h/db?x`,
    `postgres://u:${secret}@h:port/db`,
    `mysql://u:${secret}@h/db`,
  ]) {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ party: 'usage', message: expect.not.stringContaining(secret) }),
    )
  }
})

test('sslrootcert=system means verify-full, and nothing weaker goes with it', () => {
  expect(parse('host=h sslrootcert=system').tls).toMatchObject({ mode: 'verify-full', rootCert: 'system' })
  expect(() => parse('host=h sslrootcert=system sslmode=require')).toThrow(usage('sslmode=require'))
  expect(() => parse('hostaddr=10.0.0.1 sslmode=verify-full')).toThrow(usage('host name'))
  expect(() => parse('host=h sslnegotiation=direct')).toThrow(usage('sslmode=prefer'))
})

test('keepalives and timeouts are read in seconds, as libpq has them', () => {
  expect(parse('host=h')).toMatchObject({ keepAliveIdleMs: 60_000, connectTimeoutMs: 60_000 })
  expect(parse('host=h keepalives_idle=5 connect_timeout=1')).toMatchObject({
    keepAliveIdleMs: 5000,
    connectTimeoutMs: 2000,
  })
  expect(parse('host=h keepalives=0 connect_timeout=0')).toMatchObject({
    keepAliveIdleMs: undefined,
    connectTimeoutMs: 0,
  })
})

const wild = fc.string({
  unit: fc.constantFrom(...Array.from(`aZ09 '"\\=@:/?#&%,[]{}$*\t\n~äß漢😀.`)),
  minLength: 1,
  maxLength: 12,
})
const word = fc.string({ unit: fc.constantFrom(...Array.from('abcxyz.-')), minLength: 1 })

test('any user, password, database and options survive a URI', () => {
  fc.assert(
    fc.property(wild, wild, wild, wild, word, (user, password, database, options, host) => {
      const e = encodeURIComponent
      const info = parse(`postgres://${e(user)}:${e(password)}@${host}:77/${e(database)}?options=${e(options)}`)
      expect(info).toMatchObject({ user, database, options, hosts: [{ host, port: 77 }] })
      expect(info.secrets().map((secret) => secret.reveal())).toEqual([password])
    }),
  )
})

/** A value as key=value strings quote it. */
function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}

test('any user, password, database and options survive key=value pairs', () => {
  fc.assert(
    fc.property(wild, wild, wild, wild, (user, password, database, options) => {
      const info = parse(
        `user=${quote(user)} password = ${quote(password)}\thost=h dbname=${quote(database)} options=${quote(options)}`,
      )
      expect(info).toMatchObject({ user, database, options })
      expect(info.secrets().map((secret) => secret.reveal())).toEqual([password])
    }),
  )
})

const password = fc.string({
  unit: fc.constantFrom(...Array.from(`QWXYZ789@:/'\\%&=?# `)),
  minLength: 4,
  maxLength: 16,
})

test('a password is in nothing that prints the connection', () => {
  fc.assert(
    fc.property(password, (secret) => {
      const info = parse(`postgres://me:${encodeURIComponent(secret)}@host/db`)
      for (const text of [
        info.describe(),
        JSON.stringify(info),
        inspect(info, { depth: 9, showHidden: true }),
        String(info.secrets()[0]),
      ]) {
        expect(text).not.toContain(secret)
      }
    }),
  )
})

test('a password is redacted in whatever form it was written, with an @ in it or not', () => {
  fc.assert(
    fc.property(password, (secret) => {
      const info = parse(`postgres://me:${encodeURIComponent(secret)}@host/db`)
      const forms = [
        secret,
        encodeURIComponent(secret),
        secret.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`),
      ]
      for (const form of forms) {
        expect(redact(`FATAL: no, "${form}" it is, in postgres://me:${form}@host/db`, info)).not.toContain(form)
      }
    }),
  )
})

test('passwords of strings that nobody parsed are redacted by their place', () => {
  expect(redact('cannot use postgres://me:p@ss/w@rd@host/db?x=1 here')).toBe(
    'cannot use postgres://me:***@host/db?x=1 here',
  )
  expect(redact(String.raw`host=h password='it\'s me' user=u`)).toBe('host=h password=*** user=u')
  expect(redact('postgres://h/db?password=abc&user=x')).toBe('postgres://h/db?password=***&user=x')
  expect(redact('no secret at all: a@b.c')).toBe('no secret at all: a@b.c')
})
